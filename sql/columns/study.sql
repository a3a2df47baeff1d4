-- Studies, for columns of tables read from the leaves `patient` and `study`.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM study AS s
