INSERT INTO ready (task, queue, rank, ready_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[])
ON CONFLICT (task) DO UPDATE
SET queue = excluded.queue,
    rank = excluded.rank,
    ready_at = excluded.ready_at,
    reserved_by = NULL,
    reserved_until = NULL
