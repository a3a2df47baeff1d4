-- A number in [0, 1) that depends on its arguments alone (and on DuckDB's hash).
CREATE TEMP MACRO chance(number, salt) AS (hash(number::BIGINT * 1000 + salt) >> 11) / 9007199254740992.0
