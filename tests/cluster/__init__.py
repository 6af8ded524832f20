"""A real Kubernetes control plane, S3 server, Helm and a kubelet of subprocesses, for tests and the demo."""
