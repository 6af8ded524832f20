"""How close estimates without labels come to what labels show: ours and NannyML's, on the same windows."""
