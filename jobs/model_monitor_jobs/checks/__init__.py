"""What is judged, a package a monitoring type: pure functions on profiles."""
