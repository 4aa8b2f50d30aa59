"""What a site would save: rate-quality curves of full and reduced sizes."""
