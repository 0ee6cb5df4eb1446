SELECT c.kind, c.name, c.version, c.body
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS k (kind, name, version)
JOIN catalog AS c ON c.kind = k.kind AND c.name = k.name AND c.version = k.version
