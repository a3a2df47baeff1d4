-- How many live documents there are, and how many of them have a finding of severity error.
-- out: documents BIGINT, with_errors BIGINT; one row
SELECT
    (SELECT count(*) FROM live_document) AS documents,
    (SELECT count(DISTINCT instance_key) FROM live_conformance WHERE severity = 'error') AS with_errors
