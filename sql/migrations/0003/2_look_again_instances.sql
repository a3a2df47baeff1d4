-- Codes of private schemes are kept apart by owner now: no stored file counts as known, so that each is looked
-- at again.
UPDATE instance SET attachment_uuid = NULL, seq = 0
