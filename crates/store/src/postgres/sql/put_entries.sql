INSERT INTO catalog (kind, name, version, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])
ON CONFLICT (kind, name, version) DO UPDATE SET body = excluded.body
