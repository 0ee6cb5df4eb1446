SELECT task, queue, rank, ready_at FROM ready WHERE task > $1 AND task <= $2 ORDER BY task
