-- In one order, so that two batches never wait for each other.
SELECT partition FROM heads WHERE partition = ANY ($1::integer[]) ORDER BY partition FOR UPDATE
