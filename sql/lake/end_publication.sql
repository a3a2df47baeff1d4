-- Note what has been published.
-- in:  $generation, $layout, $files
UPDATE publication SET generation = $generation, layout = $layout, files = $files
