-- Values that live instances state, once per series, with the number of instances that state them.
CREATE VIEW live_attribute AS
SELECT
    series_key, study_key, tag, item, private_creator, vr, value_index, text_value, number_value, time_value,
    count(DISTINCT instance_key) AS instance_count
FROM (SELECT *, unnest(instance_keys) AS instance_key FROM attribute) AS f
ANTI JOIN tombstone AS dead ON dead.instance_key = f.instance_key
GROUP BY ALL
