"""For each photo the smallest file that looks right, and the HTML for it."""
