-- The catalog also keeps tags.
ALTER TABLE catalog
    DROP CONSTRAINT catalog_kind_check,
    ADD CONSTRAINT catalog_kind_check CHECK (kind IN ('workflow', 'task', 'workflow_tag', 'task_tag'));
