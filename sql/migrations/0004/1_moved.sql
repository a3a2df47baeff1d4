-- Objects whose clinical time was resolved again; what the arranged tables say of their time may be old.
-- generation: of the transaction that did so.
CREATE TABLE moved (
    instance_key BIGINT NOT NULL,
    generation   BIGINT NOT NULL
)
