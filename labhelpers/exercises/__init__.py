"""Checks, hints and progress: one module per notebook."""
