"""A story on real data: New York's flights of 2013, and applications for mortgages."""
