UPDATE leases AS l
SET extended_until = x.extended_until
FROM unnest($1::uuid[], $2::bigint[]) AS x (task, extended_until)
WHERE l.task = x.task
