-- What a study holds, counted; the part that wide_study and wide_patient share.
-- out: one row per study. document_count: objects with a root content item; waveform_count: multiplex groups;
--      measurement_count: values of NUM items. has_*: a series of the modality (has_ecg: or of an ECG SOP class).
--      series_descriptions: distinct, sorted, joined with ','.
CREATE VIEW study_content AS
WITH series_facts AS (
    SELECT
        study_key,
        bool_or(coalesce(modality = 'CT', false)) AS has_ct,
        bool_or(coalesce(modality = 'MR', false)) AS has_mr,
        bool_or(coalesce(modality = 'PT', false)) AS has_pt,
        bool_or(coalesce(modality = 'US', false)) AS has_us,
        bool_or(coalesce(modality = 'XA', false)) AS has_xa,
        bool_or(
            coalesce(modality = 'ECG', false) OR coalesce(sop_class_uid IN (
                '1.2.840.10008.5.1.4.1.1.9.1.1', '1.2.840.10008.5.1.4.1.1.9.1.2', '1.2.840.10008.5.1.4.1.1.9.1.3',
                '1.2.840.10008.5.1.4.1.1.9.1.4'
            ), false)
        ) AS has_ecg,
        bool_or(coalesce(modality = 'SEG', false)) AS has_seg,
        bool_or(coalesce(modality = 'SR', false)) AS has_sr,
        bool_or(coalesce(modality = 'RTSTRUCT', false)) AS has_rtstruct,
        string_agg(DISTINCT series_description, ',' ORDER BY series_description) AS series_descriptions
    FROM series
    GROUP BY study_key
),
documents AS (SELECT study_key, count(*) AS n FROM live_document GROUP BY study_key),
segments AS (SELECT study_key, count(*) AS n FROM live_segment GROUP BY study_key),
waveforms AS (SELECT study_key, count(*) AS n FROM live_waveform GROUP BY study_key),
measurements AS (SELECT study_key, count(*) AS n FROM live_measurement GROUP BY study_key),
evaluations AS (SELECT study_key, count(*) AS n FROM live_evaluation GROUP BY study_key)
SELECT
    s.study_key,
    s.patient_key,
    coalesce(d.n, 0) AS document_count,
    coalesce(g.n, 0) AS segment_count,
    coalesce(w.n, 0) AS waveform_count,
    coalesce(m.n, 0) AS measurement_count,
    coalesce(e.n, 0) AS evaluation_count,
    coalesce(f.has_ct, false) AS has_ct,
    coalesce(f.has_mr, false) AS has_mr,
    coalesce(f.has_pt, false) AS has_pt,
    coalesce(f.has_us, false) AS has_us,
    coalesce(f.has_xa, false) AS has_xa,
    coalesce(f.has_ecg, false) AS has_ecg,
    coalesce(f.has_seg, false) AS has_seg,
    coalesce(f.has_sr, false) AS has_sr,
    coalesce(f.has_rtstruct, false) AS has_rtstruct,
    f.series_descriptions
FROM study AS s
LEFT JOIN series_facts AS f ON f.study_key = s.study_key
LEFT JOIN documents AS d ON d.study_key = s.study_key
LEFT JOIN segments AS g ON g.study_key = s.study_key
LEFT JOIN waveforms AS w ON w.study_key = s.study_key
LEFT JOIN measurements AS m ON m.study_key = s.study_key
LEFT JOIN evaluations AS e ON e.study_key = s.study_key
