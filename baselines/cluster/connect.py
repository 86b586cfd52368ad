"""A Ray cluster that is fit for the work: joined, or started here for as long as it is needed.

Whoever works on the steps must do as this process would, so every node is asked once which Python and which sources of
this package it has. What doesn't fit is refused by name before anything is sent.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from baselines.cluster.engines import Engine
from baselines.cluster.nodes import check_nodes
from baselines.cores import usable_core_count
from baselines.errors import ClusterError, MissingExtra

RAY_COMMAND = "pip install 'tagpress[ray]'"
# How long an address may be silent: a machine in the next room answers within milliseconds.
ANSWER_S = 5.0
# Ray's word for the cluster that this machine belongs to, whose token it finds by itself.
AUTO = "auto"
_MOST_OBJECT_BYTES = 500_000_000


@contextlib.contextmanager
def connected(engine: Engine, processes: int | None = None) -> Iterator[ModuleType]:
    """The `ray` module, connected to a cluster whose nodes all fit; the connection ends with the block.

    Args:
        engine: of kind `ray`. With an address that cluster is joined; without one the cluster that this machine
            belongs to (`ray start`, or `RAY_ADDRESS`), else one of this machine's processes is started, and ended.
        processes: of a cluster started here; None takes all usable cores.

    Raises:
        MissingExtra: Ray, or gRPC for an address, isn't installed.
        ClusterError: no cluster answers, or a node has another version of Python or of this package.
    """
    ray = _imported(engine)
    with contextlib.ExitStack() as ending:
        address = _address_of(engine)
        told: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if not address:
            # A folder of its own, which others don't look into for a cluster to join, and which leaves with it.
            folder = tempfile.mkdtemp(prefix="tagpress-ray-")
            ending.callback(shutil.rmtree, folder, ignore_errors=True)
            told |= _of_this_machine(folder, processes)
        ending.callback(ray.shutdown)
        _join(ray, engine, address or "local", told)
        check_nodes(ray, str(engine))
        yield ray


def _of_this_machine(folder: str, processes: int | None) -> dict[str, Any]:
    return {
        "num_cpus": processes or usable_core_count(),
        "include_dashboard": False,
        "object_store_memory": _MOST_OBJECT_BYTES,
        "_temp_dir": folder,
    }


def _imported(engine: Engine) -> ModuleType:
    # Read by Ray while it is imported; nothing is reported anywhere, and authentication stays as the user has it.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise MissingExtra(f"--engine {engine}: needs Ray, which isn't installed; {RAY_COMMAND} brings it") from None
    # It says at each start that authentication is on, which is as it should be.
    logging.getLogger("ray._private.authentication.authentication_token_setup").setLevel(logging.ERROR)
    if engine.address:
        try:
            import grpc  # noqa: F401
        except ImportError:
            raise MissingExtra(
                f"--engine {engine}: an address needs gRPC, which isn't installed; pip install grpcio brings it"
            ) from None
    module: ModuleType = ray
    return module


def _address_of(engine: Engine) -> str:
    """What to join; "" where a cluster has to be started."""
    if engine.address:
        _require_answer(engine, engine.address.removeprefix("ray://"))
        return engine.address
    if named := os.environ.get("RAY_ADDRESS", ""):
        _require_answer(engine, named.removeprefix("ray://"))
        return named
    noted = _noted_by_ray_start()
    return AUTO if noted and _answers(noted) else ""


def _noted_by_ray_start() -> str:
    """Address of the cluster that `ray start` made this machine a part of, by its note; "" for none."""
    above = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or tempfile.gettempdir()
    try:
        return (Path(above) / "ray" / "ray_current_cluster").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _require_answer(engine: Engine, address: str) -> None:
    if not _answers(address):
        raise ClusterError(
            f"--engine {engine}: no cluster answers at {address} within {ANSWER_S:.0f} s; start one with `ray start "
            "--head` there, see that its port is open, or leave the address out to use this machine alone"
        )


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S):
            return True
    except (OSError, ValueError, OverflowError):
        return False


def _join(ray: ModuleType, engine: Engine, address: str, told: dict[str, Any]) -> None:
    if address.startswith("ray://"):
        told = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        ray.init(address=address, **told)
    except Exception as error:
        # Ray raises RuntimeError, ConnectionError, TimeoutError, its own errors and gRPC's for the same few reasons.
        why = " ".join(str(error).split())[:300]
        what = "no cluster can be started here" if address == "local" else f"the cluster at {address} can't be joined"
        # Ray shows its token to clusters that it finds by itself, never unasked to an address.
        hint = "; where it asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN" if ":" in address else ""
        raise ClusterError(
            f"--engine {engine}: {what}: {why or type(error).__name__}{hint}; mend that, or use --engine local"
        ) from None
