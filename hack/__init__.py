"""Scripts of the repository itself: what generates files, pins versions and builds images."""
