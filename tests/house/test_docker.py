"""The Dockerfile, as far as it can be followed without Docker: what it copies is there, and what it starts answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from exports.bundles.write_bundle import write_bundle
from tests.cases.http_case import ROOT, end, served
from tests.cases.import_case import ROOMS
from tests.cases.table_case import int_classifier, lineage

FOLDER = ROOT / "examples" / "docker"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments; lines that end in a backslash go on."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


FOUND = instructions()


def arguments(name: str) -> list[str]:
    return [rest for found, rest in FOUND if found == name]


def copied() -> list[str]:
    """What is copied from the build's context."""
    return [place for rest in arguments("COPY") if "--from" not in rest for place in rest.split()[:-1]]


def test_every_instruction_is_one_of_dockers() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "ARG", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert {name for name, _ in FOUND} == known
    stages = [rest.partition(" AS ")[2] for rest in arguments("FROM")]
    assert stages == ["build", ""]
    assert all(re.match(r"--from=build ", rest) for rest in arguments("COPY") if "--from" in rest)


def test_what_is_copied_is_there_and_is_all_that_is_installed() -> None:
    assert not [place for place in copied() if place != "bundle/" and not (ROOT / place).exists()]
    assert {place.rstrip("/") for place in copied()} >= {*ROOMS, "pyproject.toml", "setup.py"}
    project = PROJECT["project"]
    assert {project["readme"], *project["license-files"]} <= set(copied())
    assert {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]} == set(ROOMS)


def test_the_builder_gets_what_is_copied_and_nothing_else() -> None:
    lines = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())
    assert any(fnmatch("exports/kernel/_kernel.abi3.so", rule) for rule in rules[1:])


def test_it_runs_as_nobody_without_a_shell_or_secrets() -> None:
    (user,) = arguments("USER")
    assert all(int(number) >= 10_000 for number in user.split(":"))
    names = [name for name, _ in FOUND]
    assert names.index("USER") < names.index("CMD")
    assert not re.search(r"(?i)password|token|secret|api_?key", (FOLDER / "Dockerfile").read_text(encoding="utf-8"))


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """What lies below /app in the image."""
    write_bundle(int_classifier(), lineage(), tmp_path / "bundle", "table")
    for rest in arguments("COPY"):
        source, place = rest.split()[-2:]
        if place.startswith("/app/") and source != "bundle/":
            shutil.copyfile(ROOT / source, tmp_path / Path(place).name)
    return tmp_path


def test_what_it_starts_answers_is_healthy_and_ends(app: Path) -> None:
    pytest.importorskip("waitress", reason="waitress isn't installed (it comes with the dev extra)")
    (started,) = arguments("CMD")
    (health,) = (json.loads(rest[rest.index("CMD ") + 4 :]) for rest in arguments("HEALTHCHECK"))
    (exposed,) = arguments("EXPOSE")
    words = json.loads(started)
    assert words[-2:] == [exposed, "0.0.0.0"]
    # Here on a port of this machine alone.
    here = {"python": sys.executable, exposed: "0", "0.0.0.0": "127.0.0.1"}
    command = [here.get(word, word).replace("/app", str(app)) for word in words]
    assert health[0] == "python"
    with served(command, cwd=app) as (process, port):
        asked = [word.replace(f":{exposed}/", f":{port}/") for word in health[1:]]
        assert subprocess.run([sys.executable, *asked], timeout=20, check=False).returncode == 0
        assert end(process) == (0, "")
        gone = subprocess.run([sys.executable, *asked], timeout=20, check=False, capture_output=True)
        assert gone.returncode != 0
