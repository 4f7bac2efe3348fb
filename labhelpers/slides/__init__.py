"""The talk: slides from executed notebooks, as one page that asks no other host."""
