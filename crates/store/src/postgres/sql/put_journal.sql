-- The heads are locked since the statement before and until the commit: whoever reads a position later than
-- these reads these as well. A partition without a head violates a constraint.
WITH taken AS (
    UPDATE heads AS h
    SET position = h.position + c.count
    FROM unnest($1::integer[], $2::bigint[]) AS c (partition, count)
    WHERE h.partition = c.partition
    RETURNING h.partition, h.position - c.count AS base
)
INSERT INTO journal (execution, seq, partition, position, batch, format, body)
SELECT r.execution, r.seq, r.partition, t.base + r.place, $3::bigint, $4::smallint, r.body
FROM unnest($5::uuid[], $6::bigint[], $7::integer[], $8::bigint[], $9::bytea[])
    AS r (execution, seq, partition, place, body)
LEFT JOIN taken AS t ON t.partition = r.partition
RETURNING execution, seq, position
