SELECT sender, seq, index, receiver, body FROM messages AS m
WHERE (sender, seq, index) > ($1::uuid, $2::bigint, $3::bigint)
    AND NOT EXISTS (SELECT FROM executions AS e WHERE e.id = m.receiver AND e.removed_at IS NOT NULL)
ORDER BY sender, seq, index
LIMIT $4
