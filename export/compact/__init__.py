"""Export to one file for the page's compact runtime."""
