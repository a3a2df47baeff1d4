-- Stated values in the order in which questions read them: by concept, unit and study, then time. A copy, made by
-- the index of the rows of live instances below `arrangement.below`; what came later stands in measurement alone.
-- concept, unit, site, laterality, method, derivation: numbers of arranged_code; group_path, path: of
-- arranged_path.
-- unit: of the canonical unit, else of `?` and the unit as sent (`?` alone where none is). value: canonical where it
-- has a canonical unit. may_be_first, may_be_latest: no row without it is the first or latest of its study.
CREATE TABLE arranged_measurement (
    concept       INTEGER,
    unit          INTEGER,
    study_key     INTEGER,
    series_key    INTEGER,
    instance_key  BIGINT,
    group_path    INTEGER,
    event_time    TIMESTAMP,
    path          INTEGER,
    value_index   INTEGER,
    value         DOUBLE,
    site          INTEGER,
    laterality    INTEGER,
    method        INTEGER,
    derivation    INTEGER,
    may_be_first  BOOLEAN,
    may_be_latest BOOLEAN
)
