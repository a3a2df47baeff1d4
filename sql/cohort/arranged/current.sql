-- What is arranged, and how many objects that are must be looked at again.
-- out: number, below: as in arrangement; later: whether instances came since; dead, moved: objects with tombstone,
--      and of another time; one row, none where nothing is arranged
SELECT
    number, below,
    (SELECT next_instance_key > below FROM state) AS later,
    (SELECT count(*) FROM tombstone WHERE instance_key < below) AS dead,
    (SELECT count(*) FROM moved WHERE instance_key < below) AS moved
FROM arrangement
