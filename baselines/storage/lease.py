"""One command at a time at a store, as far as a store can hold that: a lease, renewed while its owner lives.

Nobody frees an object when its writer dies, so a lease is believed for some minutes only. It keeps two commands from
doing the same work twice; that results stay right doesn't hang on it, since steps in a store are never changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from baselines.errors import UserError
from baselines.storage.object_store import ObjectStore

LEASE_FILE = "lease.json"
RENEWED_S = 30.0
# Clocks of two machines differ by seconds; a machine that swaps may miss a few renewals.
BELIEVED_S = 300.0
_LOOK_EVERY_S = 2.0


@contextlib.contextmanager
def leased(store: ObjectStore) -> Iterator[None]:
    """Hold a store; waits while another command's lease is believed, and says on stderr for whom.

    Raises:
        StoreError: the store refuses.
    """
    ours = {"id": secrets.token_hex(8), "host": socket.gethostname(), "pid": os.getpid()}
    _wait_for_others(store)
    _renew(store, ours)
    ended = threading.Event()
    thread = threading.Thread(target=_keep, args=(store, ours, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with contextlib.suppress(UserError):
            if (_read(store) or {}).get("id") == ours["id"]:
                store.remove(LEASE_FILE)


def _wait_for_others(store: ObjectStore) -> None:
    told = False
    while (theirs := _read(store)) is not None and _is_believed(theirs):
        if not told:
            who = f"process {theirs['pid']} on {theirs['host']}"
            who = "".join(each if each.isprintable() else " " for each in who[:200])
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stderr.write(f"{store.url}: in use by {who}; waiting for its end, Ctrl-C stops waiting\n")
                sys.stderr.flush()
            told = True
        time.sleep(_LOOK_EVERY_S)


def _is_believed(lease: dict[str, Any]) -> bool:
    if lease["host"] == socket.gethostname() and not _is_alive(lease["pid"]):
        return False
    return bool(abs(time.time() - lease["renewed"]) < BELIEVED_S)


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _read(store: ObjectStore) -> dict[str, Any] | None:
    """Whose lease it is; None for none, and for what is no lease."""
    try:
        found = json.loads(store.read(LEASE_FILE, 10_000) or b"null")
        lease = {"id": str(found["id"]), "host": str(found["host"]), "pid": int(found["pid"])}
        return {**lease, "renewed": float(found["renewed"])}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _renew(store: ObjectStore, ours: dict[str, Any]) -> None:
    store.write(LEASE_FILE, json.dumps({**ours, "renewed": time.time()}).encode())


def _keep(store: ObjectStore, ours: dict[str, Any], ended: threading.Event) -> None:
    while not ended.wait(RENEWED_S):
        with contextlib.suppress(UserError):  # the next one may get through
            _renew(store, ours)
