-- Everything measured of one tracked lesion or structure, in the order of clinical time.
-- in:  $tracking_uid the Tracking Unique Identifier (DCM 112040) that reports share
-- out: event_time, event_time_source; sop_instance_uid; concept canonical, meaning as sent;
--      value_canonical DOUBLE in unit_canonical; one row per value, ordered
SELECT
    event_time,
    event_time_source,
    SOPInstanceUID AS sop_instance_uid,
    quantity_concept AS concept,
    Quantity.CodeMeaning AS meaning,
    value_canonical,
    unit_canonical
FROM quantitative_measurements
WHERE trackingUniqueIdentifier = $tracking_uid
ORDER BY event_time, sop_instance_uid, string_split(path, '.')::INTEGER[], value_index
