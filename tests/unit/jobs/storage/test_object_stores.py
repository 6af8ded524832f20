"""What the environment makes of an object store's client, and what its faults mean to a person."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError, StorageUnavailable
from model_monitor_jobs.storage import Storage, uris
from model_monitor_jobs.storage.clients import s3_options
from model_monitor_jobs.storage.faults import translate

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
NOWHERE = {"HOME": "/nonexistent"}


def test_options_for_another_endpoint() -> None:
    options = s3_options("s3://b", {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9000/", "AWS_SESSION_TOKEN": "t"})
    assert options["scheme"] == "http"
    assert options["endpoint_override"] == "127.0.0.1:9000"
    assert options["region"] == "us-east-1"
    assert (options["access_key"], options["secret_key"], options["session_token"]) == ("key", "secret", "t")


def test_the_endpoint_for_s3_goes_before_the_general_one() -> None:
    both = {"AWS_ENDPOINT_URL": "http://general", "AWS_ENDPOINT_URL_S3": "https://s3.example:8443"}
    options = s3_options("s3://b", {**KEYS, **both, "AWS_DEFAULT_REGION": "eu-north-1", "AWS_CA_BUNDLE": "/ca.pem"})
    assert (options["scheme"], options["endpoint_override"]) == ("https", "s3.example:8443")
    assert (options["region"], options["tls_ca_file_path"]) == ("eu-north-1", "/ca.pem")
    assert s3_options("s3://b", {**KEYS, "AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"})["region"] == "a"


def test_amazon_itself_is_left_to_the_client() -> None:
    options = s3_options("s3://b", NOWHERE)
    assert not {"region", "endpoint_override", "access_key"} & options.keys()


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"AWS_ACCESS_KEY_ID": "key"}, "AWS_SECRET_ACCESS_KEY is not set"),
        ({"AWS_SECRET_ACCESS_KEY": "secret"}, "AWS_ACCESS_KEY_ID is not set"),
        ({**KEYS, "AWS_ENDPOINT_URL": "localhost:9000"}, "'localhost:9000'.*http://host:port"),
        ({**KEYS, "AWS_ENDPOINT_URL": "http://host/path"}, "can't be used"),
        ({**NOWHERE, "AWS_ENDPOINT_URL": "http://host"}, "no credentials for http://host; set AWS_ACCESS_KEY_ID"),
    ],
)
def test_settings_that_cannot_work(environment: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^s3://b/x: .*{reason}"):
        Storage(environment=environment).list("s3://b/x")


def test_other_credentials_will_do(tmp_path: Path) -> None:
    endpoint = {"AWS_ENDPOINT_URL": "http://host"}
    assert "access_key" not in s3_options("s3://b", {**endpoint, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"})
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").touch()
    assert "access_key" not in s3_options("s3://b", {**endpoint, "HOME": str(tmp_path)})


def test_azure_needs_an_account() -> None:
    with pytest.raises(ConfigurationError, match=r"^az://c/x: .*AZURE_STORAGE_ACCOUNT"):
        Storage(environment={}).list("az://c/x")


def test_a_store_that_is_down() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        storage = Storage(environment={**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})
        with pytest.raises(StorageUnavailable, match=r"listing s3://b/x: the store does not answer.*AWS_ENDPOINT_URL"):
            storage.list("s3://b/x")


AWS = "When reading information for key 'x' in bucket 'b': AWS Error {} during HeadObject operation: No response body."


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (AWS.format("ACCESS_DENIED"), ConfigurationError, "access denied (ACCESS_DENIED during HeadObject"),
        (AWS.format("UNKNOWN (HTTP status 403)"), ConfigurationError, "set AWS_ACCESS_KEY_ID"),
        (AWS.format("SIGNATURE_DOES_NOT_MATCH"), ConfigurationError, "access denied"),
        (AWS.format("NO_SUCH_BUCKET"), InputError, "s3://b/x does not exist"),
        (AWS.format("UNKNOWN (HTTP status 301)"), ConfigurationError, "set AWS_REGION"),
        (AWS.format("UNKNOWN (HTTP status 503)"), StorageUnavailable, "does not answer (UNKNOWN (HTTP status 503)"),
        (AWS.format("SLOW_DOWN"), StorageUnavailable, "check AWS_ENDPOINT_URL and the network"),
        (AWS.format("NETWORK_CONNECTION"), StorageUnavailable, "does not answer"),
    ],
)
def test_faults_of_s3(fault: str, kind: type[MonitorError], text: str) -> None:
    error = translate(OSError(fault), uris.parse("s3://b/x"))
    assert type(error) is kind
    assert text in str(error)
    assert "s3://b/x" in str(error)


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (PermissionError(13, "Permission denied"), ConfigurationError, "reading /x: permission denied; make it"),
        (FileNotFoundError(2, "No such file"), InputError, "/x does not exist"),
        (OSError(28, "No space left on device"), StorageUnavailable, "reading /x: No space left on device"),
        (OSError(5, "Input/output error"), StorageUnavailable, "reading /x: Input/output error"),
    ],
)
def test_faults_of_the_disk(fault: OSError, kind: type[MonitorError], text: str) -> None:
    error = translate(fault, uris.parse("/x"))
    assert type(error) is kind
    assert text in str(error)
