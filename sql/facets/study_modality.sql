-- Studies with each modality present, for facets.
-- out: one row each; what is selected, and on what condition, is appended from the whitelist of clauses
FROM (SELECT study_key, unnest(modalities) AS modality FROM study) AS s
