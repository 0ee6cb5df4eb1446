UPDATE limits AS l
SET arrival_us = n.arrival_us
FROM unnest($1::text[], $2::bigint[]) AS n (key, arrival_us)
WHERE l.key = n.key
