"""Tests of Model Monitor Operator; a package so that `tests.cluster` is importable everywhere."""
