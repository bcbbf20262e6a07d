"""Offline commands of this lesson: what makes its files again."""
