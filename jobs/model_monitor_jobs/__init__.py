"""The processing container and the `model-monitor` command."""
