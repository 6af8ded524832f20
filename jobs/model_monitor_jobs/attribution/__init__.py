"""How much each feature of a model's input moves its answers, and whether that has changed."""
