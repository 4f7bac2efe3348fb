"""Registries: the class registry that holds the workshop's images, and reading from any registry."""
