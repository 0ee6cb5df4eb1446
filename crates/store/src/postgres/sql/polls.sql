SELECT queue, worker, at FROM polls ORDER BY queue, worker
