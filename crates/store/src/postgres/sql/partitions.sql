SELECT count(*), max(partition) FROM heads
