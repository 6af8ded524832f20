"""Checks of model quality: how well a model's answers fit the labels."""
