-- A rank from 0 to size - 1, the k-th about as often as 1/k (Zipf), from a number in [0, 1).
CREATE TEMP MACRO rank_of(size, drawn) AS least(size - 1, floor(pow(size + 1, drawn)) - 1)::INTEGER
