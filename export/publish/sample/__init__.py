"""The page that shows what was published."""
