-- Everything asked of, one row per entity, attribute and value.
CREATE TABLE fact (
    patient integer NOT NULL, entity integer NOT NULL, group_number integer NOT NULL, attribute integer NOT NULL,
    code integer, value double precision, moment timestamp, place bigint
)
