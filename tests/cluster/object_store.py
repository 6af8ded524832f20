"""A real S3 server (versitygw) over a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from tests.cluster.processes import free_ports, log_tail, start_process, stop_process, wait_until
from tests.cluster.tools import find_tool


class ObjectStore:
    """An S3 server as a context manager: objects are files below `folder(bucket)`, and files put there are objects.

    Its own metadata lie in files aside, so the temporary folder may be on a file system without extended attributes.
    """

    access_key = "test-access-key"
    secret_key = "test-secret-key"
    region = "us-east-1"

    def __init__(self) -> None:
        self._root = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def __enter__(self) -> ObjectStore:
        self._root = Path(tempfile.mkdtemp(prefix="object-store-"))
        (self._root / "data").mkdir()
        (self._root / "metadata").mkdir()
        (port,) = free_ports(1)
        self.endpoint = f"http://127.0.0.1:{port}"
        log = self._root / "versitygw.log"
        self._process = process = start_process(
            [find_tool("versitygw"), "--port", f"127.0.0.1:{port}", "--region", self.region, "--quiet",
             "--health", "/health", "posix", "--sidecar", self._root / "metadata", self._root / "data"],
            log,
            environment={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self._root),
                "ROOT_ACCESS_KEY": self.access_key,
                "ROOT_SECRET_KEY": self.secret_key,
            },
            folder=self._root,
        )  # fmt: skip

        def answers() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"versitygw ended with {process.returncode}:\n{log_tail(log)}")
            try:
                urllib.request.urlopen(f"{self.endpoint}/health", timeout=5).close()
            except urllib.error.HTTPError:
                return True
            except OSError:
                return False
            return True

        try:
            wait_until(answers, "the S3 server to answer")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            stop_process(self._process, grace_seconds=1.0)
            self._process = None
        shutil.rmtree(self._root, ignore_errors=True)

    def create_bucket(self, name: str) -> Path:
        """Make a bucket (or find it there) and return its folder.

        Raises:
            ValueError: S3 allows no name of under 3 or over 63 characters.
        """
        if not 3 <= len(name) <= 63:
            raise ValueError(f"bucket name {name!r} has {len(name)} characters; S3 wants 3 to 63")
        self.folder(name).mkdir(exist_ok=True)
        return self.folder(name)

    def folder(self, bucket: str) -> Path:
        """The folder whose files are the bucket's objects."""
        return self._root / "data" / bucket

    def environment(self) -> dict[str, str]:
        """The variables by which any AWS client (pyarrow's too) reaches this store."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
