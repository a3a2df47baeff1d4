-- When a series was last found equal to what Orthanc holds, and at which LastUpdate.
-- A series is listed only when it was checked 2 s or more after its LastUpdate (Orthanc counts whole seconds).
CREATE TABLE series_check (
    orthanc_id  VARCHAR NOT NULL,
    last_update VARCHAR NOT NULL
)
