-- The canonical body part of one object, its private codes by owner (see 2_look_again).
ALTER TABLE instance_header ADD COLUMN body_part VARCHAR
