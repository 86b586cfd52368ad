"""Python code run by several processes at once, as `torchrun` starts them, over a port of the loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environments(size: int) -> list[dict[str, str]]:
    """The variables of each process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    fixed = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size), "OMP_NUM_THREADS": "1"}
    ours = {**os.environ, "PYTHONPATH": str(ROOT), "LOCAL_WORLD_SIZE": str(size), **fixed}
    return [{**ours, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(size)]


def start(size: int, words: list[str], cwd: Path) -> list[subprocess.Popen[str]]:
    """`python *words` in as many processes."""
    return [
        subprocess.Popen(
            [sys.executable, *words], env=env, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for env in environments(size)
    ]


def ended(processes: list[subprocess.Popen[str]], within_s: float = 300) -> list[tuple[int, str, str]]:
    """Exit code, stdout and stderr of each; none outlives this call."""
    try:
        said = [process.communicate(timeout=within_s) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]
