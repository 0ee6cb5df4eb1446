DELETE FROM messages AS m
USING unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS a (sender, seq, index)
WHERE m.sender = a.sender AND m.seq = a.seq AND m.index = a.index
