SELECT wake_at, id FROM executions
WHERE wake_at IS NOT NULL AND wake_at < $1 AND (wake_at, id) > ($2::bigint, $3::uuid)
ORDER BY wake_at, id
LIMIT $4
