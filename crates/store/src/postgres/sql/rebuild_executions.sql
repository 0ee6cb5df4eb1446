-- Rows as the journal says they are.
INSERT INTO executions (
    id, root, partition, seq, name, version, status, correlation_id, priority, parent, parent_execution,
    started_at, updated_at, ended_at, reason, blueprint, wake_at, start_key
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[],
    $9::smallint[], $10::uuid[], $11::uuid[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[],
    $16::text[], $17::bigint[], $18::text[]
)
ON CONFLICT (id) DO UPDATE
SET root = excluded.root,
    partition = excluded.partition,
    seq = excluded.seq,
    name = excluded.name,
    version = excluded.version,
    status = excluded.status,
    correlation_id = excluded.correlation_id,
    priority = excluded.priority,
    parent = excluded.parent,
    parent_execution = excluded.parent_execution,
    started_at = excluded.started_at,
    updated_at = excluded.updated_at,
    ended_at = excluded.ended_at,
    reason = excluded.reason,
    blueprint = excluded.blueprint,
    wake_at = excluded.wake_at,
    start_key = excluded.start_key
