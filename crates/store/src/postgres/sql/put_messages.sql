-- Nobody can ever answer a message to a removed execution.
INSERT INTO messages (sender, seq, index, receiver, starts, body)
SELECT m.*
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::boolean[], $6::text[])
    AS m (sender, seq, index, receiver, starts, body)
WHERE NOT EXISTS (SELECT FROM executions AS e WHERE e.id = m.receiver AND e.removed_at IS NOT NULL)
ON CONFLICT DO NOTHING
