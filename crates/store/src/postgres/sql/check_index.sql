SELECT 'partition ' || i.partition || ' is ahead of its journal' FROM indexed AS i JOIN heads AS h ON h.partition = i.partition
WHERE i.position > h.position
UNION ALL
SELECT t.id || ' is indexed without an execution' FROM tasks AS t
WHERE NOT EXISTS (SELECT FROM live WHERE live.id = t.execution)
UNION ALL
SELECT t.execution || ' is indexed and does not exist' FROM texts AS t
WHERE NOT EXISTS (SELECT FROM live WHERE live.id = t.execution)
LIMIT 100
