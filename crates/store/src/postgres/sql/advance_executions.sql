-- The compare-and-swap. One that is not at the expected seq (any more) is left out of the answer.
UPDATE executions AS e
SET seq = n.seq,
    updated_at = n.updated_at,
    wake_at = n.wake_at,
    status = coalesce(n.status, e.status),
    reason = CASE WHEN n.status IS NULL THEN e.reason ELSE n.reason END,
    ended_at = CASE WHEN n.status IS NULL THEN e.ended_at ELSE n.ended_at END,
    version = coalesce(n.version, e.version),
    blueprint = coalesce(n.blueprint, e.blueprint),
    correlation_id = CASE WHEN n.version IS NULL THEN e.correlation_id ELSE n.correlation_id END,
    started_at = coalesce(n.started_at, e.started_at)
FROM unnest(
    $1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::bigint[],
    $9::bigint[], $10::text[], $11::text[], $12::bigint[]
) AS n (id, expected, seq, updated_at, wake_at, status, reason, ended_at, version, blueprint, correlation_id, started_at)
-- coalesce, because a plain IS NULL invites the planner to walk a partial index of a table that was empty
-- when the plan was made.
WHERE e.id = n.id AND e.seq = n.expected AND coalesce(e.removed_at, 0) = 0
RETURNING e.id
