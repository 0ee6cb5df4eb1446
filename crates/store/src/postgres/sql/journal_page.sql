SELECT execution, seq, partition, position, format, body FROM journal
WHERE (execution, seq) > ($1::uuid, $2::bigint)
ORDER BY execution, seq
LIMIT $3
