"""What a whole page downloads and how it looks: halfsize beside plain AVIF and eleventy-img."""
