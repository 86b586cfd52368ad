"""The machine, the versions and the state of the code behind a number; unlike machines are not compared."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from baselines.cores import cgroup_cpus, cgroup_memory_bytes, read_text, usable_core_count, usable_cores

ROOT = Path(__file__).resolve().parents[2]
_SIMD = ("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_bf16", "amx_int8", "asimd", "sve")
# Integer dot products of four bytes; on ARM they go by other names.
_VNNI = ("avx512_vnni", "avx_vnni", "avx_vnni_int8", "asimddp", "i8mm")
_PACKAGES = ("tagpress", "numpy", "torch", "onnx", "onnxruntime", "scikit-learn", "transformers")


def describe_environment(hashes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`environment` of results.json; what can't be read is None.

    Args:
        hashes: sha256 of the data and of the models measured, by name.
    """
    flags = cpu_flags()
    return {
        "cpu": cpu_model(),
        "machine": platform.machine(),
        "system": platform.system(),
        "kernel": platform.release(),
        "simd": [flag for flag in _SIMD if flag in flags],
        "vnni": any(flag in flags for flag in _VNNI),
        "cores_usable": usable_core_count(),
        "cores_affinity": len(usable_cores()),
        "cores_installed": os.cpu_count(),
        "cgroup": {"cpus": cgroup_cpus(), "memory_bytes": cgroup_memory_bytes()},
        "memory_bytes": _memory_bytes(),
        "governor": read_text(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        "load_before": load_average(),
        "thread_pools": thread_pools(),
        "thread_variables": {name: os.environ[name] for name in _thread_variables() if name in os.environ},
        "versions": {"python": platform.python_version(), **installed_versions()},
        "git": git_state(),
        "hashes": dict(hashes or {}),
    }


def load_average() -> float | None:
    """Runnable processes of the last minute; None where the system doesn't say."""
    try:
        return round(os.getloadavg()[0], 2)
    except (OSError, AttributeError):
        return None


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Name of the CPU as it calls itself."""
    found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", read_text(cpuinfo) or "", re.MULTILINE)
    if found:
        return found.group(1).strip()
    if sys.platform == "darwin":
        return _run("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Instruction set extensions of the first core; empty where the system doesn't say."""
    found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", read_text(cpuinfo) or "", re.MULTILINE)
    return frozenset(found.group(1).split()) if found else frozenset()


def thread_pools() -> list[dict[str, Any]]:
    """Thread pools of the numerical libraries loaded by now: which, version, threads."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    keys = ("user_api", "internal_api", "version", "num_threads")
    return [{key: pool.get(key) for key in keys} for pool in threadpool_info()]


def installed_versions() -> dict[str, str]:
    """Versions of the packages that results depend on, those that are installed."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_state(root: Path = ROOT) -> dict[str, Any] | None:
    """Commit and whether tracked files were changed since; None outside a checkout."""
    if not (root / ".git").exists():
        return None
    commit = _run("git", "-C", str(root), "rev-parse", "HEAD")
    if not commit:
        return None
    changed = _run("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": bool(changed)}


def _thread_variables() -> tuple[str, ...]:
    return ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "PYTHONHASHSEED")


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _run(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
