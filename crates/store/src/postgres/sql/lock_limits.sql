SELECT key, arrival_us FROM limits WHERE key = ANY ($1::text[]) ORDER BY key FOR UPDATE
