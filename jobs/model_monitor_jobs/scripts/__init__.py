"""Scripts of a person's own, written for SageMaker Model Monitor, in processes of their own."""
