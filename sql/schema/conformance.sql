-- One row per rule of a template that a document breaks; found by the index, not by the flattener.
CREATE TABLE conformance (
    instance_key        BIGINT NOT NULL,
    series_key          INTEGER NOT NULL,
    study_key           INTEGER NOT NULL,
    path                VARCHAR,
    template_identifier VARCHAR,
    rule                VARCHAR,
    severity            VARCHAR,
    expected            VARCHAR,
    found               VARCHAR
)
