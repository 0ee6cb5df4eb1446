INSERT INTO polls (queue, worker, at) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
ON CONFLICT (queue, worker) DO UPDATE SET at = greatest(polls.at, excluded.at)
