INSERT INTO tasks (id, execution, type, definition, reference, status, domain, scheduled_at, started_at, updated_at,
    ended_at, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (id) DO UPDATE SET
    type = excluded.type,
    definition = excluded.definition,
    reference = excluded.reference,
    status = excluded.status,
    domain = excluded.domain,
    scheduled_at = excluded.scheduled_at,
    started_at = excluded.started_at,
    updated_at = excluded.updated_at,
    ended_at = excluded.ended_at,
    reason = excluded.reason
RETURNING number
