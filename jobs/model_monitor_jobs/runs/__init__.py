"""Whole runs: from data and settings to results, without a cluster."""
