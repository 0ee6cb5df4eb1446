INSERT INTO texts (execution, words)
SELECT execution, words::tsvector FROM unnest($1::uuid[], $2::text[]) AS text (execution, words)
ON CONFLICT (execution) DO UPDATE SET words = excluded.words
