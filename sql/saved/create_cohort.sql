-- Names of saved cohorts (SQLite). A name stays after its deletion, so that no version number is used twice.
-- owner: who may change it beside admins, NULL for nobody else. newest: highest version so far.
CREATE TABLE cohort (
    name    TEXT PRIMARY KEY NOT NULL,
    owner   TEXT,
    newest  INTEGER NOT NULL,
    deleted INTEGER NOT NULL
)
