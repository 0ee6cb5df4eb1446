-- What is searched: attempts and words, and up to where in each partition. Written behind the appends' back, together with
-- the position, whose row is locked by whoever writes.

CREATE TABLE indexed (
    partition integer PRIMARY KEY CHECK (partition >= 0),
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0)
);

-- Words arrive cut and in lower case with their places, so that no text search configuration has a say.
CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    execution uuid NOT NULL,
    type text COLLATE "C" NOT NULL,
    definition text COLLATE "C" NOT NULL,
    reference text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    domain text COLLATE "C",
    scheduled_at bigint NOT NULL,
    started_at bigint,
    updated_at bigint NOT NULL,
    ended_at bigint,
    reason text COLLATE "C",
    words tsvector NOT NULL
);
CREATE INDEX tasks_execution ON tasks (execution);
CREATE INDEX tasks_scheduled_at ON tasks (scheduled_at DESC, id DESC);
CREATE INDEX tasks_type ON tasks (type, scheduled_at DESC);
CREATE INDEX tasks_status ON tasks (status, scheduled_at DESC);
CREATE INDEX tasks_words ON tasks USING gin (words);

CREATE TABLE texts (
    execution uuid PRIMARY KEY,
    words tsvector NOT NULL
);
CREATE INDEX texts_words ON texts USING gin (words);
