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
    except PermissionError as error:
        raise kind(
            f"{error.filename or place}: this user may not read it; whoever owns {place} can allow it: "
            f"chmod -R a+rX {place}"
        ) from None
    except OSError as error:
        raise kind(f"{error.filename or place}: can't be read ({error.strerror or error})") from None
