"""Sending archived dead letters again: which, whither, and how far it has come."""
