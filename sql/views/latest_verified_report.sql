-- The prevailing report per study and document title.
-- Rule, after the prevailing final version of PS3.3 C.17.2 (most recent, COMPLETE and VERIFIED): of the documents
-- of a study with one title, those VERIFIED, not PRELIMINARY, and not named as predecessor by another live one;
-- COMPLETE before others (completion_flag tells), then the latest content time, then the largest SOP instance
-- UID. The content time stands for the time of verification.
-- out: one row per study and title that has such a document; n_candidates: those that could have prevailed.
CREATE VIEW latest_verified_report AS
SELECT
    d.study_key,
    d.series_key,
    d.instance_key,
    i.study_instance_uid,
    i.series_instance_uid,
    i.sop_instance_uid,
    i.orthanc_id,
    d.title_scheme,
    d.title_code,
    d.title_meaning,
    d.title,
    d.template_identifier,
    d.completion_flag,
    d.verification_flag,
    d.preliminary_flag,
    d.content_time,
    d.content_time_precision,
    d.n_items,
    d.n_num,
    d.n_code,
    d.n_text,
    count(*) OVER (PARTITION BY d.study_key, d.title) AS n_candidates
FROM live_document AS d
JOIN live_instance AS i ON i.instance_key = d.instance_key
WHERE d.verification_flag = 'VERIFIED'
  AND d.preliminary_flag IS DISTINCT FROM 'PRELIMINARY'
  AND NOT EXISTS (
      SELECT 1
      FROM live_reference AS r
      WHERE r.kind = 'predecessor'
        AND r.target_sop_instance_uid = i.sop_instance_uid
        AND r.instance_key <> d.instance_key
  )
QUALIFY row_number() OVER (
    PARTITION BY d.study_key, d.title
    ORDER BY
        (d.completion_flag IS NOT DISTINCT FROM 'COMPLETE') DESC,
        d.content_time DESC NULLS LAST,
        i.sop_instance_uid DESC,
        d.instance_key DESC
) = 1
