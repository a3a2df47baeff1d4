-- Reports are read again for it (see 3_look_again).
ALTER TABLE text_item ADD COLUMN linearised BOOLEAN
