"""Pinned files from the network: checked by sha256, cached, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import DownloadError
from baselines.whole_files import write_whole

TIMEOUT_S = 30


@dataclass(frozen=True)
class PinnedFile:
    """A public file that never changes.

    Attributes:
        name: of the file in the cache or the user's folder.
        address: where it is published.
        sha256: of its bytes, as hex.
    """

    name: str
    address: str
    sha256: str


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/tagpress`, or `~/.cache/tagpress`."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(configured) if configured else Path.home() / ".cache"
    return root / "tagpress"


def read_pinned(file: PinnedFile, folder: Path) -> bytes:
    """The bytes of a file the user has; raises DownloadError when it is missing or another one."""
    path = folder / file.name
    if not path.is_file():
        raise DownloadError(f"{path}: no such file; --data-dir must hold {file.name}, published at {file.address}")
    content = path.read_bytes()
    _check(content, file, str(path), "get it again from " + file.address)
    return content


def fetch_pinned(file: PinnedFile, folder: Path) -> bytes:
    """The bytes of a file, from the cache folder when a good copy is there, else from its address.

    Raises:
        DownloadError: no network, or a checksum that differs; nothing is left in the cache then.
    """
    path = folder / file.name
    if path.is_file() and hashlib.sha256(content := path.read_bytes()).hexdigest() == file.sha256:
        return content
    content = _download(file)
    _check(content, file, file.address, "try again later, or use --dataset sample")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return content


def _download(file: PinnedFile) -> bytes:
    try:
        with urllib.request.urlopen(file.address, timeout=TIMEOUT_S) as response:
            return bytes(response.read())
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"{file.address}: can't be downloaded ({reason}). With a copy of {file.name} name its "
            "folder by --data-dir; without the network use --dataset sample"
        ) from None


def _check(content: bytes, file: PinnedFile, place: str, advice: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DownloadError(f"{place}: sha256 {file.sha256} expected, got {found}; {advice}")
