-- What is to be folded, in order; removals that still delete rows are over for every reader.
SELECT position, execution, seq, format, body FROM {schema}.journal AS record
WHERE position > ?1 AND position <= ?2
  AND NOT EXISTS (SELECT 1 FROM {schema}.tombstones WHERE execution = record.execution)
ORDER BY position
