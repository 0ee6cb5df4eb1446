SELECT id, seq, removed_at IS NOT NULL FROM executions WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
