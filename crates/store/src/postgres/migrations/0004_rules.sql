-- The catalog also keeps event handlers and schedules.
ALTER TABLE catalog
    DROP CONSTRAINT catalog_kind_check,
    ADD CONSTRAINT catalog_kind_check CHECK (kind IN (
        'workflow', 'task', 'workflow_tag', 'task_tag', 'event_handler', 'schedule'
    ));
