WITH waiting AS (DELETE FROM ready WHERE task = ANY ($1::uuid[]))
DELETE FROM leases WHERE task = ANY ($2::uuid[])
