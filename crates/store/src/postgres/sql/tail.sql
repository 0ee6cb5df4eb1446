SELECT position, execution, seq, format, body FROM journal
WHERE partition = $1 AND position > $2
ORDER BY position
LIMIT $3
