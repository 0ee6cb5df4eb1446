-- Rows that another node is taking at this moment are skipped, so nodes do not wait for one another.
UPDATE ready AS r
SET reserved_by = $1, reserved_until = $2
FROM (
    SELECT task FROM ready
    WHERE queue = $3
        AND (rank, task) >= ($4, $5)
        AND ready_at <= $6
        AND (reserved_by IS NULL OR reserved_until < $7)
    ORDER BY rank, task
    LIMIT $8
    FOR UPDATE SKIP LOCKED
) AS best
WHERE r.task = best.task
RETURNING r.task, r.rank, r.ready_at
