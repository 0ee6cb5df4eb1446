DELETE FROM executions AS e
WHERE e.removed_at IS NULL AND NOT EXISTS (SELECT FROM journal AS j WHERE j.execution = e.id)
