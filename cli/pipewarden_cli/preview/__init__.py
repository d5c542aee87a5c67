"""Dashboards as one HTML page, without deploying: bodies are read, answered with data and drawn."""
