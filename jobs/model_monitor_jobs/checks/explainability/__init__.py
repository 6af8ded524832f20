"""Checks of feature attributions."""
