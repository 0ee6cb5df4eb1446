WITH texts_gone AS (DELETE FROM texts WHERE execution = $1)
DELETE FROM tasks WHERE execution = $1
