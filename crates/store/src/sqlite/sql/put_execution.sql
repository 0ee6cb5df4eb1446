INSERT OR REPLACE INTO executions (
    id, seq, name, version, status, correlation_id, priority, parent,
    started_at, updated_at, ended_at, reason, blueprint, wake_at
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
