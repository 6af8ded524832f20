"""The data quality monitor: are the columns what they were when the baseline was made?"""
