SELECT queue, count(*) FROM ready GROUP BY queue ORDER BY queue
