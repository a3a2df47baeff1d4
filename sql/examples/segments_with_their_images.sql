-- Which segments are there of each kind, and on which images were they drawn?
-- know: a segmentation refers to its images (kind `source`); target_series_instance_uid is the pseudonym of their
--       series, so that it joins. Images that are not in the archive leave these columns NULL.
--       Under policy `drop` there are no UIDs, and with them no join.
-- out:  property_type, region canonical; algorithm_type; segment_number; series_key of the segmentation;
--       image_series_key, model, slice_thickness_mm DOUBLE of the images; one row per segment and series, ordered
WITH drawn AS (
    SELECT DISTINCT instance_key, target_series_instance_uid FROM reference WHERE kind = 'source'
)
SELECT
    g.property_type,
    g.region,
    g.algorithm_type,
    g.segment_number,
    g.series_key,
    s.series_key AS image_series_key,
    s.manufacturer_model_name AS model,
    s.slice_thickness_mm_max AS slice_thickness_mm
FROM segment AS g
LEFT JOIN drawn AS d ON d.instance_key = g.instance_key
LEFT JOIN series AS s ON s.series_instance_uid = d.target_series_instance_uid
ORDER BY g.property_type, g.series_key, g.segment_number, image_series_key
