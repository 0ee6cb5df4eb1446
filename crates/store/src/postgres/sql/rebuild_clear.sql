-- What a removed execution sent is in no journal any more, so it stays.
WITH waiting AS (DELETE FROM ready), held AS (DELETE FROM leases)
DELETE FROM messages AS m
WHERE NOT EXISTS (SELECT FROM executions AS e WHERE e.id = m.sender AND e.removed_at IS NOT NULL)
    OR EXISTS (SELECT FROM executions AS e WHERE e.id = m.receiver AND e.removed_at IS NOT NULL)
