-- What is searched: attempts and words. `indexed.position` says up to where in the journal. Written behind the appends' back,
-- together with the position.

CREATE TABLE indexed (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL CHECK (position >= 0)
);
INSERT INTO indexed VALUES (1, 0);

CREATE TABLE tasks (
    number       INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    execution    BLOB    NOT NULL CHECK (length(execution) = 16),
    type         TEXT    NOT NULL,
    definition   TEXT    NOT NULL,
    reference    TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    domain       TEXT,
    scheduled_at INTEGER NOT NULL,
    started_at   INTEGER,
    updated_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    reason       TEXT
);
CREATE INDEX tasks_by_execution ON tasks (execution);
CREATE INDEX tasks_by_schedule ON tasks (scheduled_at, id);
CREATE INDEX tasks_by_type ON tasks (type, scheduled_at, id);
CREATE INDEX tasks_by_status ON tasks (status, scheduled_at, id);

-- The row numbers that `execution_words` goes by.
CREATE TABLE texts (
    number    INTEGER PRIMARY KEY,
    execution BLOB NOT NULL UNIQUE CHECK (length(execution) = 16)
);

-- Words arrive cut and in lower case (`segue_core::words`), so that nothing is left to the tokenizer but spaces. The text
-- itself is in the journal, not here.
CREATE VIRTUAL TABLE task_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
CREATE VIRTUAL TABLE execution_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
