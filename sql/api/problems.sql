-- What live objects state otherwise than the standard wants it, by rule, place and device.
-- out: rule, severity, action, tag VARCHAR; institution_name, manufacturer, manufacturer_model_name;
--      objects BIGINT with the problem, problems BIGINT, examples VARCHAR[]: up to five SOP instance UIDs
SELECT
    p.rule, p.severity, p.action, p.tag,
    h.institution_name, h.manufacturer, h.manufacturer_model_name,
    count(DISTINCT p.instance_key) AS objects,
    count(*) AS problems,
    list_sort(list_distinct(list(i.sop_instance_uid ORDER BY i.sop_instance_uid)))[:5] AS examples
FROM live_problem AS p
JOIN instance_header AS h ON h.instance_key = p.instance_key
JOIN instance AS i ON i.instance_key = p.instance_key
GROUP BY p.rule, p.severity, p.action, p.tag, h.institution_name, h.manufacturer, h.manufacturer_model_name
ORDER BY objects DESC, problems DESC, p.rule, p.tag, h.institution_name, h.manufacturer, h.manufacturer_model_name
