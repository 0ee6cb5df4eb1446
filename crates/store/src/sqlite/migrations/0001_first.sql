-- The journal is the truth; `progress.folded` says up to which position the tables marked (folded) follow it.

CREATE TABLE journal (
    position  INTEGER PRIMARY KEY AUTOINCREMENT,
    execution BLOB    NOT NULL CHECK (length(execution) = 16),
    seq       INTEGER NOT NULL CHECK (seq > 0),
    at        INTEGER NOT NULL,
    format    INTEGER NOT NULL CHECK (format > 0),
    body      BLOB    NOT NULL
);
CREATE UNIQUE INDEX journal_by_execution ON journal (execution, seq);

-- Written in the transaction of the record.
CREATE TABLE logs (
    line INTEGER PRIMARY KEY,
    task BLOB    NOT NULL CHECK (length(task) = 16),
    at   INTEGER NOT NULL,
    text TEXT    NOT NULL
);
CREATE INDEX logs_by_task ON logs (task, at);

CREATE TABLE blueprints (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE start_keys (
    name      TEXT NOT NULL,
    key       TEXT NOT NULL,
    execution BLOB NOT NULL CHECK (length(execution) = 16),
    PRIMARY KEY (name, key)
) WITHOUT ROWID;
CREATE INDEX start_keys_by_execution ON start_keys (execution);

-- Theoretical arrival times of the generic cell rate algorithm. In no record, so a rebuild leaves them.
CREATE TABLE rates (
    key        TEXT PRIMARY KEY,
    arrival_us INTEGER NOT NULL
) WITHOUT ROWID;

-- `rows_left` marks a removal that is still deleting rows of the journal.
CREATE TABLE tombstones (
    execution BLOB PRIMARY KEY CHECK (length(execution) = 16),
    rows_left INTEGER NOT NULL CHECK (rows_left IN (0, 1))
) WITHOUT ROWID;
CREATE INDEX tombstones_unfinished ON tombstones (execution) WHERE rows_left = 1;

CREATE TABLE snapshots (
    execution BLOB PRIMARY KEY CHECK (length(execution) = 16),
    seq       INTEGER NOT NULL CHECK (seq > 0),
    body      TEXT    NOT NULL
) WITHOUT ROWID;

-- (folded)
CREATE TABLE executions (
    id             BLOB PRIMARY KEY CHECK (length(id) = 16),
    seq            INTEGER NOT NULL CHECK (seq > 0),
    name           TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    status         TEXT    NOT NULL
        CHECK (status IN ('RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED')),
    correlation_id TEXT,
    priority       INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 255),
    parent         BLOB    CHECK (length(parent) = 16),
    started_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    ended_at       INTEGER CHECK ((ended_at IS NULL) = (status IN ('RUNNING', 'PAUSED'))),
    reason         TEXT,
    blueprint      TEXT    NOT NULL,
    wake_at        INTEGER
) WITHOUT ROWID;
CREATE INDEX executions_by_start ON executions (started_at, id);
CREATE INDEX executions_by_status ON executions (status, started_at, id);
CREATE INDEX executions_by_name ON executions (name, started_at, id);
CREATE INDEX executions_by_correlation ON executions (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX executions_by_parent ON executions (parent) WHERE parent IS NOT NULL;
CREATE INDEX executions_by_wake ON executions (wake_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX executions_without_timer ON executions (id) WHERE status = 'RUNNING' AND wake_at IS NULL;

-- (folded)
CREATE TABLE ready (
    task     BLOB PRIMARY KEY CHECK (length(task) = 16),
    queue    TEXT    NOT NULL,
    rank     INTEGER NOT NULL,
    ready_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX ready_by_rank ON ready (queue, rank, task, ready_at);

-- (folded)
CREATE TABLE leases (
    task   BLOB PRIMARY KEY CHECK (length(task) = 16),
    worker TEXT,
    until  INTEGER,
    slot   TEXT
) WITHOUT ROWID;
CREATE INDEX leases_by_slot ON leases (slot, task) WHERE slot IS NOT NULL;

-- (folded)
CREATE TABLE messages (
    sender   BLOB    NOT NULL CHECK (length(sender) = 16),
    seq      INTEGER NOT NULL CHECK (seq > 0),
    place    INTEGER NOT NULL CHECK (place >= 0),
    receiver BLOB    NOT NULL CHECK (length(receiver) = 16),
    starts   INTEGER NOT NULL CHECK (starts IN (0, 1)),
    body     TEXT    NOT NULL,
    PRIMARY KEY (sender, seq, place)
) WITHOUT ROWID;
CREATE INDEX messages_by_receiver ON messages (receiver);

CREATE TABLE polls (
    queue  TEXT    NOT NULL,
    worker TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (queue, worker)
) WITHOUT ROWID;

CREATE TABLE catalog (
    kind    TEXT    NOT NULL CHECK (kind IN ('workflow', 'task')),
    name    TEXT    NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 0),
    body    TEXT    NOT NULL,
    PRIMARY KEY (kind, name, version)
) WITHOUT ROWID;

CREATE TABLE progress (
    one              INTEGER PRIMARY KEY CHECK (one = 1),
    folded           INTEGER NOT NULL CHECK (folded >= 0),
    catalog_revision INTEGER NOT NULL CHECK (catalog_revision >= 0)
);
INSERT INTO progress VALUES (1, 0, 0);
