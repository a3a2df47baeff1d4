-- property_of of measurement: what is around a statement (see 2_look_again).
ALTER TABLE measurement ADD COLUMN property_of VARCHAR
