SELECT task, slot FROM leases WHERE slot = ANY ($1::text[])
