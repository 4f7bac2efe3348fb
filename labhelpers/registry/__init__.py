"""Registries: the class registry, a lesson's own and what travels to it, and reading from any registry."""
