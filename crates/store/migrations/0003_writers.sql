-- Who writes, and which of its transactions was committed last: how PostgreSQL is asked for the outcome of a commit whose
-- answer was lost. A writer has one transaction at a time; a closed one commits nothing any more.
CREATE TABLE IF NOT EXISTS writers (
    id {text} NOT NULL PRIMARY KEY,
    number {bigint} NOT NULL,
    changed_rows {bigint} NOT NULL,
    closed {bigint} NOT NULL DEFAULT 0,
    used_ms {bigint} NOT NULL
);
