-- The content tree of one object, parents before children, siblings in order.
-- in:  $instance_key BIGINT
-- out: rows of content_item
SELECT *
FROM live_content_item
WHERE instance_key = $instance_key
ORDER BY string_split(path, '.')::INTEGER[]
