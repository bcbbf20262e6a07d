"""Transfer learning: what a network has learnt from a million photographs, used for a few."""
