-- The journal, which is the truth, and the tables beside it, which follow from it.
-- Text compares by bytes everywhere. Instants are Unix milliseconds.

-- One row: facts about the database as a whole.
CREATE TABLE store (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    catalog_revision bigint NOT NULL DEFAULT 0 CHECK (catalog_revision >= 0)
);
INSERT INTO store DEFAULT VALUES;

-- The last position given out in each partition. Whoever holds a row's lock is the only one to append there.
CREATE TABLE heads (
    partition integer PRIMARY KEY CHECK (partition >= 0),
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0)
);

-- One row for each execution; seq is what appends compare and swap. A removed execution leaves its row as a
-- tombstone, so that the primary key itself refuses a late start.
CREATE TABLE executions (
    id uuid PRIMARY KEY,
    root uuid NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    seq bigint NOT NULL CHECK (seq > 0),
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    status text COLLATE "C" NOT NULL
        CHECK (status IN ('RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'TERMINATED')),
    correlation_id text COLLATE "C",
    priority smallint NOT NULL CHECK (priority >= 0),
    parent uuid,
    parent_execution uuid,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    ended_at bigint,
    reason text COLLATE "C",
    blueprint text COLLATE "C" NOT NULL CHECK (length(blueprint) = 64),
    wake_at bigint,
    start_key text COLLATE "C",
    removed_at bigint,
    CHECK ((parent IS NULL) = (parent_execution IS NULL)),
    CHECK ((ended_at IS NULL) = (status IN ('RUNNING', 'PAUSED'))),
    CHECK (removed_at > 0 AND start_key IS NULL AND wake_at IS NULL OR removed_at IS NULL)
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX executions_start_key ON executions (name, start_key) WHERE start_key IS NOT NULL;
CREATE INDEX executions_started_at ON executions (started_at DESC, id DESC) WHERE removed_at IS NULL;
CREATE INDEX executions_name ON executions (name, started_at DESC) WHERE removed_at IS NULL;
CREATE INDEX executions_status ON executions (status, started_at DESC) WHERE removed_at IS NULL;
CREATE INDEX executions_correlation ON executions (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX executions_parent ON executions (parent_execution) WHERE parent_execution IS NOT NULL;
CREATE INDEX executions_wake_at ON executions (wake_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX executions_untimed ON executions (id) WHERE status = 'RUNNING' AND wake_at IS NULL;

CREATE VIEW live AS SELECT * FROM executions WHERE removed_at IS NULL;

-- batch names the append call that wrote the row: whoever lost the answer to a commit finds it by that.
CREATE TABLE journal (
    execution uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    partition integer NOT NULL CHECK (partition >= 0),
    position bigint NOT NULL CHECK (position > 0),
    batch bigint NOT NULL,
    format smallint NOT NULL CHECK (format > 0),
    body bytea NOT NULL,
    PRIMARY KEY (execution, seq)
);
CREATE UNIQUE INDEX journal_position ON journal (partition, position);

CREATE TABLE snapshots (
    execution uuid PRIMARY KEY,
    seq bigint NOT NULL CHECK (seq > 0),
    body text NOT NULL
);

CREATE TABLE blueprints (
    hash text COLLATE "C" PRIMARY KEY CHECK (length(hash) = 64),
    body text NOT NULL
);

CREATE TABLE logs (
    task uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    at bigint NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (task, number)
);

-- Attempts that wait. A reservation is a node's alone until it runs out.
CREATE TABLE ready (
    task uuid PRIMARY KEY,
    queue text COLLATE "C" NOT NULL,
    rank bigint NOT NULL,
    ready_at bigint NOT NULL,
    reserved_by text COLLATE "C",
    reserved_until bigint,
    CHECK ((reserved_by IS NULL) = (reserved_until IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX ready_queue ON ready (queue, rank, task);

-- Attempts that a worker holds. extended_until is the one thing here that the journal does not know.
CREATE TABLE leases (
    task uuid PRIMARY KEY,
    worker text COLLATE "C",
    until bigint,
    slot text COLLATE "C",
    extended_until bigint
) WITH (fillfactor = 80);
CREATE INDEX leases_slot ON leases (slot, task) WHERE slot IS NOT NULL;

-- Limits of task types: the row's lock orders the claims, arrival_us is the state of the rate.
CREATE TABLE limits (
    key text COLLATE "C" PRIMARY KEY,
    arrival_us bigint
);

CREATE TABLE messages (
    sender uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    index bigint NOT NULL CHECK (index >= 0),
    receiver uuid NOT NULL,
    starts boolean NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (sender, seq, index)
);
CREATE INDEX messages_receiver ON messages (receiver);

CREATE TABLE polls (
    queue text COLLATE "C" NOT NULL,
    worker text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (queue, worker)
);

CREATE TABLE catalog (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('workflow', 'task')),
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version >= 0),
    body text NOT NULL,
    PRIMARY KEY (kind, name, version)
);
