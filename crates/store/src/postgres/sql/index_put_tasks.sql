INSERT INTO tasks (id, execution, type, definition, reference, status, domain, scheduled_at, started_at, updated_at,
    ended_at, reason, words)
SELECT id, execution, type, definition, reference, status, domain, scheduled_at, started_at, updated_at, ended_at, reason,
    words::tsvector
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[])
    AS task (id, execution, type, definition, reference, status, domain, scheduled_at, started_at, updated_at, ended_at,
        reason, words)
ON CONFLICT (id) DO UPDATE
SET type = excluded.type,
    definition = excluded.definition,
    reference = excluded.reference,
    status = excluded.status,
    domain = excluded.domain,
    scheduled_at = excluded.scheduled_at,
    started_at = excluded.started_at,
    updated_at = excluded.updated_at,
    ended_at = excluded.ended_at,
    reason = excluded.reason,
    words = excluded.words
