"""Builds the clients of object stores from the usual environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.fs

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.storage.faults import CREDENTIALS_REMEDY
from model_monitor_jobs.storage.uris import Location

CONNECT_TIMEOUT_SECONDS = 5.0
REQUEST_TIMEOUT_SECONDS = 20.0
MAXIMUM_ATTEMPTS = 4

_OTHER_CREDENTIALS = (
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
)


def build(location: Location, environment: Mapping[str, str]) -> pyarrow.fs.FileSystem:
    """The client for a location's scheme; no request is sent yet.

    Raises ConfigurationError when the environment lacks what the client needs.
    """
    if location.scheme == "s3":
        return pyarrow.fs.S3FileSystem(**s3_options(location.uri, environment))
    if location.scheme == "gs":
        return pyarrow.fs.GcsFileSystem(retry_time_limit=timedelta(seconds=REQUEST_TIMEOUT_SECONDS))
    account = environment.get("AZURE_STORAGE_ACCOUNT")
    if not account:
        raise ConfigurationError(f"{location.uri}: no storage account is named", remedy=CREDENTIALS_REMEDY["az"])
    return pyarrow.fs.AzureFileSystem(account, account_key=environment.get("AZURE_STORAGE_KEY"))


def s3_options(uri: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of S3FileSystem that the AWS variables ask for.

    AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL (buckets then stand in the path), AWS_REGION or
    AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CA_BUNDLE. Without
    keys the client looks where every AWS client does: profile, web identity, container, instance.
    Raises ConfigurationError for half a key pair, a malformed endpoint, or an endpoint without credentials.
    """
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "request_timeout": REQUEST_TIMEOUT_SECONDS,
        "retry_strategy": pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=MAXIMUM_ATTEMPTS),
        "background_writes": False,
        # One PUT for a small object in place of a multipart upload's three requests.
        "allow_delayed_open": True,
    }
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise ConfigurationError(
                f"{uri}: the endpoint {endpoint!r} (AWS_ENDPOINT_URL) can't be used",
                remedy="write it as http://host:port or https://host",
            )
        options["scheme"], options["endpoint_override"] = parts.scheme, parts.netloc
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        options["region"] = region or "us-east-1"
    access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if bool(access) != bool(secret):
        missing = "AWS_SECRET_ACCESS_KEY" if access else "AWS_ACCESS_KEY_ID"
        raise ConfigurationError(f"{uri}: {missing} is not set", remedy="set both keys")
    if access:
        options["access_key"], options["secret_key"] = access, secret
        if token := environment.get("AWS_SESSION_TOKEN"):
            options["session_token"] = token
    elif endpoint and not _has_other_credentials(environment):
        # The client would ask an instance metadata service that is not there, slowly, then sign nothing.
        raise ConfigurationError(f"{uri}: no credentials for {endpoint}", remedy=CREDENTIALS_REMEDY["s3"])
    if bundle := environment.get("AWS_CA_BUNDLE"):
        options["tls_ca_file_path"] = bundle
    return options


def _has_other_credentials(environment: Mapping[str, str]) -> bool:
    folder = Path(environment.get("HOME", "/")) / ".aws"
    return any(environment.get(name) for name in _OTHER_CREDENTIALS) or (folder / "credentials").exists()
