SELECT task, queue, rank, ready_at FROM ready
WHERE queue = ?1 AND (rank, task) >= (?2, ?3) AND ready_at <= ?4
ORDER BY rank, task
LIMIT ?5
