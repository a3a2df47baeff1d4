-- observer_path of observation_group: what is around a statement (see 2_look_again).
ALTER TABLE observation_group ADD COLUMN observer_path VARCHAR
