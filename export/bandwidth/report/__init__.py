"""The report's page, a file a chapter."""
