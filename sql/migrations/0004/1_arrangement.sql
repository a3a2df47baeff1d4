-- One row once statements are arranged: what the arranged tables hold.
-- number: of this arrangement; another one is another content. below: rows of live instances with smaller keys.
CREATE TABLE arrangement (
    number BIGINT NOT NULL,
    below  BIGINT NOT NULL
)
