-- Series with their study, for columns of tables.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM series AS s
JOIN study AS t ON t.study_key = s.study_key
