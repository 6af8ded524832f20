"""Turns what a store's client reports into an error that a person can act on."""

from __future__ import annotations

import re

from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError, StorageUnavailable
from model_monitor_jobs.storage.uris import Location

CREDENTIALS_REMEDY = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (in a cluster: spec.job.envFrom with a Secret), or "
    "give the Job an IAM role through spec.job.serviceAccountName; for a store other than AWS also "
    "AWS_ENDPOINT_URL",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or use workload identity through "
    "spec.job.serviceAccountName",
    "az": "set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or use workload identity through "
    "spec.job.serviceAccountName",
}
_ADDRESS_VARIABLE = {"s3": "AWS_ENDPOINT_URL", "az": "AZURE_STORAGE_ACCOUNT"}

_DENIED = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH|INVALID_CLIENT_TOKEN_ID|MISSING_AUTHENTICATION"
    r"|UNRECOGNIZED_CLIENT|EXPIRED_TOKEN|HTTP status 40[13]|PermissionDenied|UNAUTHENTICATED|PERMISSION_DENIED"
    r"|AuthenticationFailed|AuthorizationFailure|access key"
)
_MISSING = re.compile(r"NO_SUCH_BUCKET|NO_SUCH_KEY|RESOURCE_NOT_FOUND|HTTP status 404|Path does not exist|NotFound")
_MISSING_REMEDY = "check the URI, and whether what writes it has run"
_REGION = re.compile(r"HTTP status 301|PERMANENT_REDIRECT|AuthorizationHeaderMalformed")


def translate(error: OSError, location: Location, doing: str = "reading") -> MonitorError:
    """The error to raise for a client's fault while `doing` something at a location."""
    what = f"{doing} {location.uri}"
    if isinstance(error, FileNotFoundError):
        return InputError(f"{location.uri} does not exist", remedy=_MISSING_REMEDY)
    if location.scheme in ("file", "pvc"):
        return _translate_local(error, what)
    text = " ".join(str(error).split())
    if _DENIED.search(text):
        remedy = CREDENTIALS_REMEDY[location.scheme]
        return ConfigurationError(f"{what}: access denied ({_short(text)})", remedy=remedy)
    if _REGION.search(text):
        message = f"{what}: the bucket {location.bucket} is in another region"
        return ConfigurationError(message, remedy="set AWS_REGION to its region")
    if _MISSING.search(text):
        return InputError(f"{location.uri} does not exist ({_short(text)})", remedy=_MISSING_REMEDY)
    variable = _ADDRESS_VARIABLE.get(location.scheme)
    check = f"check {variable} and the network" if variable else "check the network"
    return StorageUnavailable(f"{what}: the store does not answer ({_short(text)})", remedy=check)


def _translate_local(error: OSError, what: str) -> MonitorError:
    reason = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return ConfigurationError(
            f"{what}: permission denied",
            remedy="make it accessible to this user, in a cluster through the pod's fsGroup",
        )
    if isinstance(error, (IsADirectoryError, NotADirectoryError)):
        return InputError(f"{what}: {reason}")
    return StorageUnavailable(f"{what}: {reason}")


def _short(text: str) -> str:
    """The part of a client's message that tells something new."""
    match = re.search(r"AWS Error (.*)", text)
    return (match[1] if match else text)[:300].rstrip(". ")
