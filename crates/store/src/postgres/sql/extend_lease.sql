UPDATE leases SET extended_until = $2 WHERE task = $1 AND coalesce(extended_until, until) < $2
