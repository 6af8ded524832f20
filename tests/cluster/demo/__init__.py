"""The story of the demo through a real control plane and the operator: `python -m tests.cluster.demo`."""
