.PHONY: images images-check

images: ## Build both container images with docker, podman or buildah
	hack/images.sh build

images-check: ## Run each image once, unprivileged on a read-only root, and look at what came
	hack/images.sh check
