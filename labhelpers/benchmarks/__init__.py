"""The speed table: each line a ratio against a physical limit, measured in the same run on the same machine."""
