-- Versions of saved cohorts (SQLite), never changed.
-- definition: JSON. members: JSON, an array of StudyInstanceUIDs per member, NULL for a query.
-- created: UTC, ISO 8601. count, generation: of the index when it was saved.
CREATE TABLE cohort_version (
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    unit       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    note       TEXT NOT NULL,
    author     TEXT,
    created    TEXT NOT NULL,
    count      INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    definition TEXT NOT NULL,
    members    TEXT,
    PRIMARY KEY (name, version)
)
