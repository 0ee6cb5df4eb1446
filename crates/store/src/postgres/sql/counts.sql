SELECT status, count(*) FROM live GROUP BY status
