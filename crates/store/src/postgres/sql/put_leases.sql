INSERT INTO leases (task, worker, until, slot)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[])
ON CONFLICT (task) DO UPDATE
SET worker = excluded.worker, until = excluded.until, slot = excluded.slot
