"""What is to be done for each object, as pure functions of the observed state."""
