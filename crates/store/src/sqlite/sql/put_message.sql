-- Nobody can ever answer a message to a removed execution.
INSERT OR REPLACE INTO messages (sender, seq, place, receiver, starts, body)
SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE execution = ?4)
