-- The seq of the last record, 0 without any, -1 for a removed execution.
SELECT CASE
    WHEN EXISTS (SELECT 1 FROM tombstones WHERE execution = ?1) THEN -1
    ELSE coalesce((SELECT max(seq) FROM journal WHERE execution = ?1), 0)
END
