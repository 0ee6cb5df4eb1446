SELECT i.position, h.position FROM heads AS h JOIN indexed AS i ON i.partition = h.partition ORDER BY h.partition
