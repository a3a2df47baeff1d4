-- Arrange the stated values of live instances, of some concepts.
-- in:  $below: of instances with smaller keys; $first, $last concept, empty for none
-- out: rows of arranged_measurement_next
-- Rows without time lie before the others of their study and unit. Ties by SOP instance UID, then path and index, as
-- everywhere. lag and lead stream over the sorted rows; windows by study would sort them all again.
INSERT INTO arranged_measurement_next BY NAME
SELECT
    * EXCLUDE (uid),
    (lag(concept) OVER () IS DISTINCT FROM concept
        OR lag(unit) OVER () IS DISTINCT FROM unit
        OR lag(study_key) OVER () IS DISTINCT FROM study_key
        OR (event_time IS NOT NULL AND lag(event_time) OVER () IS NULL)) AS may_be_first,
    (lead(concept) OVER () IS DISTINCT FROM concept
        OR lead(unit) OVER () IS DISTINCT FROM unit
        OR lead(study_key) OVER () IS DISTINCT FROM study_key) AS may_be_latest
FROM (
    SELECT
        c.number AS concept,
        u.number AS unit,
        f.study_key,
        f.series_key,
        f.instance_key,
        g.number AS group_path,
        coalesce(f.own_time, e.event_time) AS event_time,
        coalesce(f.value_canonical, f.value) AS value,
        s.number AS site,
        l.number AS laterality,
        m.number AS method,
        d.number AS derivation,
        i.uid,
        p.number AS path,
        f.value_index
    FROM measurement AS f
    JOIN arranged_rank AS i ON i.instance_key = f.instance_key
    LEFT JOIN subject AS e ON e.instance_key = f.instance_key AND e.subject = f.subject
    LEFT JOIN arranged_code_next AS c ON c.code = f.concept
    LEFT JOIN arranged_code_next AS u ON u.code = coalesce(f.unit_canonical, '?' || coalesce(f.unit_code, ''))
    LEFT JOIN arranged_code_next AS s ON s.code = f.site
    LEFT JOIN arranged_code_next AS l ON l.code = f.laterality
    LEFT JOIN arranged_code_next AS m ON m.code = f.method
    LEFT JOIN arranged_code_next AS d ON d.code = f.derivation
    LEFT JOIN arranged_path_next AS g ON g.path = f.group_path
    LEFT JOIN arranged_path_next AS p ON p.path = f.path
    WHERE f.value IS NOT NULL AND f.instance_key < $below
        AND coalesce(f.concept, '') BETWEEN $first AND $last
    ORDER BY concept, unit, f.study_key, event_time NULLS FIRST, uid, p.number, f.value_index
)
