"""The talk: slides from executed notebooks, as one page that asks no other host."""

from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
