-- Structures and groups of annotations, for facets.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM live_roi AS f
