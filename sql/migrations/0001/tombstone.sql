-- Instances that were replaced or deleted; their rows are dead until they are purged.
CREATE TABLE tombstone (
    instance_key BIGINT NOT NULL
)
