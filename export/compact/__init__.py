"""Export to one file for the page's small runtime."""
