"""A file that is there whole or not at all, readable by whom the umask says: the one way bytes get onto the disk.

What others write for us doesn't keep to that: safetensors' `save_file` and `tempfile` make files that their owner alone
may read, so a model written by one user couldn't be served by another.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path


def write_whole(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Write a file beside its place and rename it; an older one there is replaced.

    Args:
        path: in a folder that exists.
        content: all of it.
        synced: wait until it is on the disk. Not needed below a run folder, which syncs each step itself.

    Raises:
        OSError: it can't be written; nothing is left behind then.
    """
    # The system itself takes the umask off when it makes the file. Python can only read the umask by changing it, for
    # all threads at once.
    part = path.with_name(f".{path.name}.part-{os.getpid()}-{threading.get_ident()}")
    try:
        with part.open("wb") as file:
            file.write(content)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
