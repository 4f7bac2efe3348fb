"""Notebooks from their sources, and running them without a browser."""
