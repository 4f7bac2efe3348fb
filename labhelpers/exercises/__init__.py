"""Checks that look at the real thing, hints, predictions, progress: one module per notebook (`eNN_*.py`)."""
