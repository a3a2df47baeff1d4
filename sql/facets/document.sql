-- Documents, for facets.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM document AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
