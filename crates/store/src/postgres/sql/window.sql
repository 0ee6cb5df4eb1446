-- Rows that another node is taking at this moment are skipped, so nodes do not wait for one another.
UPDATE ready AS r
SET reserved_by = $1, reserved_until = $2
FROM (
    SELECT task FROM ready
    WHERE queue = $3
        AND rank >= $4
        AND ready_at <= $5
        AND (reserved_by IS NULL OR reserved_by = $1 OR reserved_until < $6)
    ORDER BY rank, task
    LIMIT $7
    FOR UPDATE SKIP LOCKED
) AS best
WHERE r.task = best.task
RETURNING r.task, r.rank, r.ready_at
