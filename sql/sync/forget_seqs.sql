-- No instance counts as looked at after any change number.
UPDATE instance SET seq = 0 WHERE seq > 0
