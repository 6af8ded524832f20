# Two images from one file: `--target operator` and `--target jobs`.
#
# BASE_IMAGE  what the images stand on: Debian with Python 3.11 or newer and CA certificates.
# BUILD_IMAGE what builds them: the same Python at the same path, with pip.
ARG BASE_IMAGE=python:3.12-slim
ARG BUILD_IMAGE=${BASE_IMAGE}

FROM ${BUILD_IMAGE} AS build
# Both spellings: newer pips read the first for dependencies alone and the second for what builds them.
ENV PIP_CONSTRAINT=/source/constraints.txt \
    PIP_BUILD_CONSTRAINT=/source/constraints.txt \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /source
COPY hack/install_in_image.sh hack/
COPY constraints.txt pyproject.toml ./

# Dependencies have a layer of their own, so that a change of code does not install them again.
FROM build AS build-operator
RUN sh hack/install_in_image.sh dependencies operator
COPY README.md LICENSE* ./
COPY crds crds
COPY operator operator
COPY jobs jobs
RUN sh hack/install_in_image.sh project model_monitor_crds model_monitor_operator

FROM build AS build-jobs
RUN sh hack/install_in_image.sh dependencies jobs dask
COPY README.md LICENSE* ./
COPY crds crds
COPY operator operator
COPY jobs jobs
RUN UNUSED="kubernetes/aio pyarrow/*flight*" \
    sh hack/install_in_image.sh project model_monitor_crds model_monitor_jobs

FROM ${BASE_IMAGE} AS runtime
# The base's own pip is of no use at run time and is what scanners complain about.
RUN rm -rf /usr/local/lib/python3.*/site-packages/* /usr/local/lib/python3.*/ensurepip \
           /usr/lib/python3.*/ensurepip /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/wheel
ENV PATH=/opt/model-monitor/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The Model Monitor Operator authors"
WORKDIR /tmp
USER 10001:10001

FROM runtime AS operator
LABEL org.opencontainers.image.title="model-monitor-operator" \
      org.opencontainers.image.description="Runs monitors of machine-learning models that are declared as Kubernetes resources"
COPY --from=build-operator /opt/model-monitor /opt/model-monitor
ENTRYPOINT ["model-monitor-operator"]

FROM runtime AS jobs
LABEL org.opencontainers.image.title="model-monitor-jobs" \
      org.opencontainers.image.description="Compares a window of a model's traffic with its baseline"
COPY --from=build-jobs /opt/model-monitor /opt/model-monitor
ENTRYPOINT ["model-monitor"]
