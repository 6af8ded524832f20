"""Where file:// and pvc:// lie on this machine, and what may be read there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.storage.uris import Location, parse


class Mounts:
    """URI prefixes to folders; the longest prefix wins, and it ends at a segment's end.

    Confined, nothing outside of the mounts can be reached, neither by `..` nor through a symbolic link.
    """

    def __init__(self, mounts: Mapping[str, Path] | None = None, *, confined: bool = False) -> None:
        self._confined = confined
        self._folders = {self._normal(parse(prefix)): Path(folder) for prefix, folder in (mounts or {}).items()}

    @staticmethod
    def _normal(location: Location) -> str:
        path = location.path if location.scheme != "file" else str(Path(location.path).absolute())
        return f"{location.scheme}://{path}".rstrip("/")

    def resolve(self, location: Location) -> Path:
        """The local path of a file:// or pvc:// location.

        Raises ConfigurationError when it lies in no mount and has to, or leads out of its mount.
        """
        uri = self._normal(location)
        for prefix in sorted(self._folders, key=len, reverse=True):
            if uri == prefix or uri.startswith(prefix + "/"):
                folder = self._folders[prefix]
                path = folder / uri[len(prefix) + 1 :]
                self._check(location.uri, folder, path)
                return path
        if location.scheme == "pvc" and not self._confined:
            raise ConfigurationError(
                f"{location.uri}: the claim {location.bucket} is not mounted on this machine",
                remedy=f"give a folder that stands for it: --mount pvc://{location.bucket}=FOLDER",
            )
        if self._confined:
            mounted = ", ".join(sorted(self._folders)) or "nothing"
            raise ConfigurationError(
                f"{location.uri} lies in no declared mount (mounted: {mounted})",
                remedy="declare its volume under spec.job.volumes and spec.job.volumeMounts",
            )
        return Path(location.path)

    def check_inside(self, location: Location, path: Path) -> None:
        """Check a path found while listing; raises ConfigurationError when it leads out of its mount."""
        if self._confined:
            uri = self._normal(location)
            for prefix in sorted(self._folders, key=len, reverse=True):
                if uri == prefix or uri.startswith(prefix + "/"):
                    self._check(location.uri, self._folders[prefix], path)
                    return

    def _check(self, uri: str, folder: Path, path: Path) -> None:
        if not self._confined:
            return
        if ".." in path.parts or not path.resolve().is_relative_to(folder.resolve()):
            raise ConfigurationError(
                f"{uri} leads out of its mount (through '..' or a symbolic link: {path})",
                remedy="keep the data below the mounted folder",
            )
