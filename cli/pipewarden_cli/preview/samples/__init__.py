"""Seeded data for previews, shaped by what is declared."""
