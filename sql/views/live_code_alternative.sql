-- Rows of code_alternative whose instance is live.
CREATE VIEW live_code_alternative AS
SELECT f.*
FROM code_alternative AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
