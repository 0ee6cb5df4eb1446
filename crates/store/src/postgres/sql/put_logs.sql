INSERT INTO logs (task, at, line) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[])
