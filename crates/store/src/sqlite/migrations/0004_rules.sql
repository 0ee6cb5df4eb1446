-- The catalog also keeps event handlers and schedules. A constraint cannot be altered, so the table is made anew.
CREATE TABLE catalog_with_rules (
    kind    TEXT    NOT NULL CHECK (kind IN (
        'workflow', 'task', 'workflow_tag', 'task_tag', 'event_handler', 'schedule'
    )),
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    body    TEXT    NOT NULL,
    PRIMARY KEY (kind, name, version)
) WITHOUT ROWID;
INSERT INTO catalog_with_rules SELECT kind, name, version, body FROM catalog;
DROP TABLE catalog;
ALTER TABLE catalog_with_rules RENAME TO catalog;
