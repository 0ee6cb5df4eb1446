SELECT task, worker, until, slot FROM leases WHERE slot = $1 ORDER BY task LIMIT $2
