"""The speed table: each line a ratio against a physical limit, measured in one run on one machine."""
