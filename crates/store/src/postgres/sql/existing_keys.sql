SELECT e.name, e.start_key, e.id
FROM unnest($1::text[], $2::text[]) AS k (name, start_key)
JOIN executions AS e ON e.name = k.name AND e.start_key = k.start_key
