"""Offline: the gallery of faces for Eigenfaces and Fisherfaces."""
