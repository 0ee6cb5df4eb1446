SELECT task, extended_until FROM leases WHERE extended_until IS NOT NULL
