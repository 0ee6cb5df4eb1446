-- An execution's attempts lie between its own id and the id with the greatest ordinal.
WITH waiting AS (
    DELETE FROM ready AS r
    USING unnest($1::uuid[], $2::uuid[]) AS e (low, high)
    WHERE r.task > e.low AND r.task <= e.high
)
DELETE FROM leases AS l
USING unnest($1::uuid[], $2::uuid[]) AS e (low, high)
WHERE l.task > e.low AND l.task <= e.high
