"""Training of reducers, through the student that they make photos smaller for."""
