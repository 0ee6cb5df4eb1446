-- The row stays as a tombstone.
UPDATE executions
SET removed_at = greatest(updated_at, 1), name = '', correlation_id = NULL, parent = NULL, parent_execution = NULL,
    reason = NULL, wake_at = NULL, start_key = NULL
WHERE id = $1 AND removed_at IS NULL
RETURNING id
