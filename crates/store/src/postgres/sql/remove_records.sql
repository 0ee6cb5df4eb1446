WITH records AS (DELETE FROM journal WHERE execution = $1),
snapshot AS (DELETE FROM snapshots WHERE execution = $1),
waiting AS (DELETE FROM ready WHERE task > $1 AND task <= $2),
held AS (DELETE FROM leases WHERE task > $1 AND task <= $2),
sent_to AS (DELETE FROM messages WHERE receiver = $1)
DELETE FROM logs WHERE task > $1 AND task <= $2
