"""What measuring bias costs, and how often its rule and its intervals are right."""
