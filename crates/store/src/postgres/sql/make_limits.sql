INSERT INTO limits (key) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING
