"""Where outcomes go besides the store."""
