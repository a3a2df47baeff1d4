-- How live documents break the rules of templates, by where they come from.
-- out: institution_name, manufacturer, manufacturer_model_name, template_identifier, rule, severity, expected,
--      documents BIGINT with the finding, findings BIGINT; most documents first
SELECT
    h.institution_name, h.manufacturer, h.manufacturer_model_name,
    c.template_identifier, c.rule, c.severity, min(c.expected) AS expected,
    count(DISTINCT c.instance_key) AS documents,
    count(*) AS findings
FROM live_conformance AS c
JOIN instance_header AS h ON h.instance_key = c.instance_key
GROUP BY ALL
ORDER BY documents DESC, findings DESC, c.rule, h.institution_name, h.manufacturer, h.manufacturer_model_name
