SELECT task, queue, rank, ready_at FROM ready
WHERE queue = ?1 AND rank >= ?2 AND ready_at <= ?3
ORDER BY rank, task
LIMIT ?4
