"""Notebooks from their sources, and running them without a browser."""

from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
