"""Values that every floor shares: concepts, the columnar schema as data, and rows on their way."""
