"""Data for previews from an account or from the embedded AWS, by reading calls only."""
