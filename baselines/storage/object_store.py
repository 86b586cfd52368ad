"""A place of bytes at an address that several machines reach: an object store, or a folder by its URL; by fsspec.

What is written is never changed: each name is given once, and what others rely on is named last. What comes from there
was written by somebody else, as far as this process knows, and is checked by whoever reads it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baselines.errors import MissingExtra, StoreError

STORAGE_COMMAND = "pip install 'tagpress[storage]'"


class ObjectStore:
    """Objects below an address such as `s3://bucket/runs/a`, by relative names."""

    def __init__(self, url: str) -> None:
        """Find what serves the address; nothing is asked of it yet.

        Raises:
            MissingExtra: fsspec, or the package for this kind of address, isn't installed.
            StoreError: an address that nothing serves.
        """
        self.url = url.rstrip("/")
        try:
            import fsspec
        except ImportError:
            raise MissingExtra(f"--store {url}: needs fsspec, which isn't installed; {STORAGE_COMMAND}") from None
        try:
            self._files, self._root = fsspec.core.url_to_fs(self.url)
        except ImportError as error:
            raise MissingExtra(f"--store {url}: {error}; install that package beside {STORAGE_COMMAND}") from None
        except Exception as error:
            raise StoreError(
                f"--store {url}: not an address that can be used ({_said(error)}); such as s3://bucket/folder, "
                "gs://bucket/folder or file:///folder"
            ) from None

    def read(self, name: str, most: int) -> bytes | None:
        """An object of at most so many bytes; None where there is none. Raises StoreError where more came."""
        with self._saying(f"reading {name}"):
            try:
                content: bytes = self._files.cat_file(self._at(name), start=0, end=most + 1)
            except FileNotFoundError:
                return None
        if len(content) > most:
            raise StoreError(f"{self.url}/{name}: more than the {most} bytes that belong there; remove it by hand")
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write an object, in place of one that is there."""
        with self._saying(f"writing {name}"):
            self._above(name)
            self._files.pipe_file(self._at(name), content)

    def write_new(self, name: str, content: bytes) -> None:
        """Write an object unless there is one; where the store can't promise that, the later of two at once stays."""
        with self._saying(f"writing {name}"):
            self._above(name)
            if self._files.exists(self._at(name)):
                return
            with contextlib.suppress(FileExistsError):
                try:
                    self._files.pipe_file(self._at(name), content, mode="create")
                except (TypeError, NotImplementedError, ValueError):
                    self._files.pipe_file(self._at(name), content)

    def put(self, path: Path, name: str) -> None:
        """Copy a file there."""
        with self._saying(f"writing {name}"):
            self._above(name)
            self._files.put_file(str(path), self._at(name))

    def get(self, name: str, path: Path, size: int) -> None:
        """Copy an object of so many bytes into a file; raises StoreError where it is of another size, or missing."""
        with self._saying(f"reading {name}"):
            found = self._files.size(self._at(name))
            if found != size:
                raise StoreError(f"{self.url}/{name}: has {found} bytes, its note says {size}; remove the step there")
            self._files.get_file(self._at(name), str(path))

    def remove(self, name: str) -> None:
        """Remove an object; nothing where there is none."""
        with self._saying(f"removing {name}"), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _above(self, name: str) -> None:
        """Folders, where the store has such things."""
        self._files.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)

    @contextlib.contextmanager
    def _saying(self, what: str) -> Iterator[None]:
        """Errors of whatever kind a store raises, as one sentence with its address."""
        try:
            yield
        except (StoreError, FileNotFoundError) as error:
            if isinstance(error, StoreError):
                raise
            raise self._refused(what, error) from None
        except Exception as error:
            raise self._refused(what, error) from None

    def _refused(self, what: str, error: Exception) -> StoreError:
        return StoreError(
            f"--store {self.url}: {what} was refused ({_said(error)}); see that the bucket exists, and that you may "
            "read and write there. What is made already is kept in the run folder"
        )


def _said(error: Any) -> str:
    said = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
