-- Waits for whoever is writing to the index of the execution's partition, and keeps others out.
SELECT FROM indexed WHERE partition = (SELECT partition FROM executions WHERE id = $1) FOR UPDATE
