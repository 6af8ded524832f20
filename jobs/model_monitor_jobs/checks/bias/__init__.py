"""Checks of bias: how differently a model and its data treat the two sides of a facet."""
