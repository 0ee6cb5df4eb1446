SELECT task, extended_until FROM leases
WHERE task > $1 AND task <= $2 AND extended_until IS NOT NULL
ORDER BY task
