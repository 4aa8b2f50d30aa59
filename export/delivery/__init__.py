"""Everything that a reader's browser downloads besides photos: the student and the scripts."""
