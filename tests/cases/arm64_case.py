"""A Python of 64-bit ARM in a folder of its own, from Debian 12's packages and two wheels; nothing is installed.

python -m tests.cases.arm64_case FOLDER
TAGPRESS_ARM64=FOLDER pytest tests/exports/kernel/test_elsewhere_python.py
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libpython3.11-dev libc6 libexpat1 zlib1g libssl3 "
    "libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libstdc++6 libgcc-s1 libuuid1 libcrypt1"
).split()
WHEELS = ("numpy", "hypothesis")
# Of Python alone, so those of this environment serve.
PURE = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "sortedcontainers", "pygments")
APT = """APT::Architecture "arm64";
APT::Architectures {{ "arm64"; }};
APT::Sandbox::User "root";
Dir::State "{0}/state";
Dir::State::status "{0}/state/status";
Dir::Cache "{0}/cache";
"""


def make(folder: Path) -> None:
    for name in ("state/lists/partial", "cache/archives/partial", "packages", "root/site"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "state/status").touch()
    (folder / "apt.conf").write_text(APT.format(folder), encoding="utf-8")
    own = {"env": {"APT_CONFIG": str(folder / "apt.conf"), "PATH": "/usr/bin:/bin"}, "cwd": folder / "packages"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, **own)  # type: ignore[call-overload]
    subprocess.run(["apt-get", "download", "-qq", *PACKAGES], check=True, **own)  # type: ignore[call-overload]
    for package in sorted((folder / "packages").glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(folder / "root")], check=True)
    platforms = [
        "--platform",
        "manylinux2014_aarch64",
        "--platform",
        "manylinux_2_28_aarch64",
        "--python-version",
        "3.11",
    ]
    wanted = [f"{name}=={version(name)}" for name in WHEELS]
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *platforms, *wanted]
    subprocess.run([*asked, "-d", str(folder / "packages")], check=True)
    for wheel in sorted((folder / "packages").glob("*.whl")):
        zipfile.ZipFile(wheel).extractall(folder / "root/site")
    for name in PURE:
        copy_package(name, folder / "root/site")


def copy_package(name: str, to: Path) -> None:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{name}: not installed in this environment")
    origin = Path(found.origin)
    if origin.name == "__init__.py":
        shutil.copytree(origin.parent, to / name, dirs_exist_ok=True)
    else:
        shutil.copy(origin, to)


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
