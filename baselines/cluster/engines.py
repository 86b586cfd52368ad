"""Which engine spreads the work: processes of this machine, or a Ray cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from baselines.errors import UserError

_ADDRESS = re.compile(r"ray://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Engine:
    """Where steps and texts are worked on.

    Attributes:
        kind: `local` for processes of this machine, which needs nothing installed, or `ray`.
        address: of a running cluster, `ray://HOST:PORT`; "" for the one this machine belongs to, else one started here.
    """

    kind: Literal["local", "ray"] = "local"
    address: str = ""

    def __str__(self) -> str:
        return self.address or self.kind


LOCAL = Engine()


def engine_of(text: str) -> Engine:
    """`local`, `ray` or `ray://HOST:PORT`; raises UserError saying what is allowed."""
    if text in ("local", "ray"):
        return Engine(text)  # type: ignore[arg-type]  # one of the two
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 1 << 16:
        raise UserError(
            f"--engine {text}: allowed are local, ray, and ray://HOST:PORT of a running cluster, such as "
            "ray://10.0.0.5:10001"
        )
    return Engine("ray", text)
