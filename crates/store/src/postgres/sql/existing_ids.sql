SELECT id FROM executions WHERE id = ANY ($1::uuid[])
