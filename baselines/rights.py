"""What is said of files of a model or a run that are there and still can't be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baselines.errors import ArtifactError, UserError


@contextmanager
def unreadable_is_said(place: Path, kind: type[UserError] = ArtifactError) -> Iterator[None]:
    """Turn the system's refusal to read something within `place` into one sentence for the user.

    Args:
        place: folder or file that the user named.
        kind: of the error that is raised.

    Raises:
        UserError: of this kind; names the file, and for missing rights who can give them and how.
    """
    try:
        yield
    except OSError as error:
        raise kind(said_unreadable(error, place)) from None


def said_unreadable(error: OSError, place: Path) -> str:
    """The sentence: names the file, and for missing rights who can give them and how.

    Args:
        error: of the system.
        place: folder or file that the user named.
    """
    path = error.filename or place
    if isinstance(error, PermissionError):
        return f"{path}: this user may not read it; whoever owns {place} can allow it: chmod -R a+rX {place}"
    return f"{path}: can't be read ({error.strerror or error}); copy it again"
