"""Finished data to text. Nothing here compares, counts, sorts, masks or reads: a saved plan is enough."""
