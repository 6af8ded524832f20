"""Performance of a model before its labels are there: estimated from the baseline's rows, whose labels are known."""
