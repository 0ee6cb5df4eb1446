INSERT INTO snapshots (execution, seq, body)
SELECT id, $2::bigint, $3::text FROM executions WHERE id = $1 AND removed_at IS NULL FOR SHARE
ON CONFLICT (execution) DO UPDATE SET seq = excluded.seq, body = excluded.body
WHERE snapshots.seq < excluded.seq
