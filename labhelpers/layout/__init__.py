"""Images on disk: docker archives, OCI archives, OCI folders, and the cache of what was read."""
