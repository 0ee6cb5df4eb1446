-- Running, no timer, and nothing else that is durable. ?1: behind this id. Attempts of an execution are the ids
-- between its own and the one that ends in ffffffff.
WITH candidates AS (
    SELECT id, CAST(substr(id, 1, 12) || x'ffffffff' AS BLOB) AS last
    FROM executions INDEXED BY executions_without_timer
    WHERE status = 'RUNNING' AND wake_at IS NULL AND id > ?1
)
SELECT id FROM candidates AS lost
WHERE NOT EXISTS (SELECT 1 FROM ready WHERE task BETWEEN lost.id AND lost.last)
  AND NOT EXISTS (SELECT 1 FROM leases WHERE task BETWEEN lost.id AND lost.last)
  AND NOT EXISTS (
      SELECT 1 FROM executions AS child INDEXED BY executions_by_parent
      WHERE child.parent BETWEEN lost.id AND lost.last AND child.status IN ('RUNNING', 'PAUSED')
  )
  AND NOT EXISTS (SELECT 1 FROM messages WHERE receiver = lost.id)
  AND NOT EXISTS (SELECT 1 FROM messages WHERE sender = lost.id AND starts = 1)
ORDER BY id
LIMIT ?2
