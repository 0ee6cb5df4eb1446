-- A head behind its partition would give a position out twice.
SELECT h.partition FROM heads AS h
WHERE h.position < (SELECT max(j.position) FROM journal AS j WHERE j.partition = h.partition)
ORDER BY h.partition
