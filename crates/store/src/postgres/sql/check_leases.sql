SELECT task, worker, until, slot FROM leases WHERE task > $1 AND task <= $2 ORDER BY task
