-- An execution's attempts lie between its own id and the id with the greatest ordinal.
SELECT e.id FROM executions AS e
WHERE e.status = 'RUNNING' AND e.wake_at IS NULL AND e.removed_at IS NULL AND e.id > $1
    AND NOT EXISTS (
        SELECT FROM ready AS r
        WHERE r.task > e.id AND r.task <= (substr(e.id::text, 1, 28) || 'ffffffff')::uuid
    )
    AND NOT EXISTS (
        SELECT FROM leases AS l
        WHERE l.task > e.id AND l.task <= (substr(e.id::text, 1, 28) || 'ffffffff')::uuid
    )
    AND NOT EXISTS (
        SELECT FROM executions AS c
        WHERE c.parent_execution = e.id AND c.status IN ('RUNNING', 'PAUSED') AND c.removed_at IS NULL
    )
    AND NOT EXISTS (SELECT FROM messages AS m WHERE m.receiver = e.id)
    AND NOT EXISTS (SELECT FROM messages AS m WHERE m.sender = e.id AND m.starts)
ORDER BY e.id
LIMIT $2
