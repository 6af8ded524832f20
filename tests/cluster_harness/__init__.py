"""Tests of the test cluster that need no cluster."""
