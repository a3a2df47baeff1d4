-- property_of of evaluation: what is around a statement (see 2_look_again).
ALTER TABLE evaluation ADD COLUMN property_of VARCHAR
