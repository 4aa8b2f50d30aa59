"""What reaches a reader's browser: the student and the page's scripts."""
