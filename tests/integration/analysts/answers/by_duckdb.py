"""The five questions in SQL, in the catalog of the snapshot."""

from __future__ import annotations

from pathlib import Path

import duckdb

from integration.analysts.answers import Answers

QUESTIONS = {
    "both": """
        SELECT '', count(*), 0 FROM (
            SELECT t.patient_key FROM series AS s JOIN study AS t USING (study_key)
            GROUP BY t.patient_key HAVING bool_or(s.modality = 'CT') AND bool_or(s.modality = 'ECG'))""",
    "measured": """
        SELECT concept || ' ' || unit_canonical, count(*), sum(value_canonical)
        FROM measurement WHERE value_canonical IS NOT NULL GROUP BY concept, unit_canonical""",
    "modalities": """
        SELECT len(modalities)::VARCHAR, count(*), sum(list_contains(modalities, 'SR')::DOUBLE)
        FROM study GROUP BY len(modalities)""",
    "days": """
        WITH first AS (
            SELECT t.patient_key, s.modality, min(s.first_acquisition_time)::DATE AS day
            FROM series AS s JOIN study AS t USING (study_key)
            WHERE s.first_acquisition_time IS NOT NULL GROUP BY t.patient_key, s.modality)
        SELECT date_diff('day', ct.day, ecg.day)::VARCHAR AS days, count(*), 0
        FROM first AS ct JOIN first AS ecg USING (patient_key)
        WHERE ct.modality = 'CT' AND ecg.modality = 'ECG' GROUP BY days""",
    "qtc": """
        WITH latest AS (
            SELECT t.patient_key, last(m.value_canonical ORDER BY m.event_time, m.instance_key) AS s
            FROM measurement AS m JOIN study AS t USING (study_key)
            WHERE m.concept = 'MDC|2:15876' AND m.value_canonical IS NOT NULL GROUP BY t.patient_key)
        SELECT '', count(*) FILTER (WHERE s > 0.45), sum(s) FROM latest""",
}


def answers(snapshot: Path) -> Answers:
    """Answer all five."""
    with duckdb.connect(str(snapshot / "catalog.duckdb"), read_only=True) as connection:
        return {name: connection.execute(sql).fetchall() for name, sql in QUESTIONS.items()}
