-- One row: the snapshot of the lake that is published last, from which the next one goes on; none before the first.
-- generation: of the index, that it shows; -1 while the first is under way.
-- layout: what files depend on beside rows, as JSON; files: of its base, by table, as JSON.
CREATE TABLE publication (
    generation BIGINT NOT NULL,
    layout     VARCHAR,
    files      VARCHAR
)
