-- Series are derived anew as their objects are read again (see 3_look_again).
ALTER TABLE series ADD COLUMN body_part VARCHAR
