"""Mergeable, deterministic summaries of columns, bounded in memory however many rows there are."""
