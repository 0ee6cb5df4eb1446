id, seq, name, version, status, correlation_id, priority, parent, started_at, updated_at, ended_at, reason, blueprint, wake_at
