-- Executions that begin to exist. One whose id or start key is taken is left out of the answer.
INSERT INTO executions (
    id, root, partition, seq, name, version, status, correlation_id, priority, parent, parent_execution,
    started_at, updated_at, ended_at, reason, blueprint, wake_at, start_key
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[],
    $9::smallint[], $10::uuid[], $11::uuid[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[],
    $16::text[], $17::bigint[], $18::text[]
)
ON CONFLICT DO NOTHING
RETURNING id
