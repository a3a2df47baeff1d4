-- Instances that Orthanc holds but nobody could read yet; they are tried again.
CREATE TABLE unreadable (
    orthanc_id      VARCHAR NOT NULL,
    attachment_uuid VARCHAR,
    reason          VARCHAR NOT NULL,
    attempts        INTEGER NOT NULL,
    last_attempt    TIMESTAMP NOT NULL
)
