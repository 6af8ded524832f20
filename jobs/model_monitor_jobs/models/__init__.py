"""Asking a model for its answers."""
