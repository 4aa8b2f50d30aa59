"""What every stage needs to know about images: no networks in here."""
