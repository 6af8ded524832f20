"""A run from beginning to end, in a cluster or without one: do the work, write the files, tell the outcome."""
