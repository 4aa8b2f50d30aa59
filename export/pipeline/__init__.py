"""What every export does around the writing of a model."""
