SELECT seq, format, body FROM journal
WHERE execution = $1
    AND seq > greatest($2::bigint, coalesce((SELECT s.seq FROM snapshots AS s WHERE s.execution = $1), 0))
ORDER BY seq
