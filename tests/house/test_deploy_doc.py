"""Every block of docs/deploy.md, run as it stands in a folder of its own, says what the bundle says.

A block with a title is a file. Of a shell's blocks ports are replaced, pip has no network and its own folder, and what
needs Docker is held against the Dockerfile alone; Triton and the network are left out.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import tagpress
from baselines.storage import artifact
from bench.report.chromium import Browser, find_chromium
from exports import kernel
from tests.cases.http_case import ROOT
from tests.cases.table_case import int_classifier, lineage

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
DOORS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
BLOCK = re.compile(r'^```(\w+)(?: title="([\w.]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)
TEXT = "Graph neural networks"
# Started by a test in its own way, or not at all.
NOT_RUN = ("docker ", "tritonserver ", "python -m http.server", "python -m pip install waitress")
JS = pytest.mark.skipif(
    find_spec("exports.targets.js") is None or not shutil.which("node"), reason="node isn't installed"
)
C = pytest.mark.skipif(find_spec("exports.targets.c") is None or not shutil.which("cc"), reason="no C compiler (cc)")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A checkout as a reader has it after a study, with the bundle that the first door makes; what that door says."""
    folder = tmp_path_factory.mktemp("deploy")
    artifact.save(int_classifier(), folder / "runs/study/compress/smallest/artifact", lineage())
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "favicon.ico").write_bytes(b"")
    return folder, run(folder, "In Python")


@pytest.fixture(scope="module")
def place(first: tuple[Path, str]) -> Path:
    """The folder of all doors."""
    return first[0]


def blocks(door: str) -> list[tuple[str, str, str]]:
    """(language, title, content) of a door."""
    return [(match[1], match[2] or "", match[3]) for match in BLOCK.finditer(DOORS[door])]


def run(place: Path, door: str, port: int = 0) -> str:
    """Write a door's files, run its commands in their order, and give what they print."""
    lines = []
    for language, title, content in blocks(door):
        if title:
            (place / title).write_text(content, encoding="utf-8")
        else:
            assert language == "sh"
            lines += [line for line in content.splitlines() if not line.startswith(NOT_RUN)]
    site = place / "site"
    env = {
        **os.environ,
        **dict.fromkeys(("PIP_NO_INDEX", "PIP_NO_DEPS", "PIP_QUIET", "PIP_DISABLE_PIP_VERSION_CHECK"), "1"),
        "PIP_TARGET": str(site),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    script = "set -e\n" + "\n".join(lines).replace("8080", str(port or 8080))
    done = subprocess.run(
        ["bash", "-c", script], cwd=place, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def names(place: Path) -> list[str]:
    """What the bundle says of the text of all doors."""
    (found,) = tagpress.load(place / "bundle").predict([TEXT])
    assert found, "a text that gets nothing would show nothing"
    return found


def free_port() -> int:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return int(server.server_port)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_takes_at_most_ten_lines(door: str) -> None:
    lines = [line for _, _, content in blocks(door) for line in content.splitlines() if line]
    assert 1 <= len(lines) <= 10


def test_every_form_and_door_is_in_the_table() -> None:
    from exports.targets.registry import TARGETS

    table = PAGE.partition("\n## ")[0]
    anchors = {door.lower().replace(" ", "-") for door in DOORS}
    assert set(re.findall(r"\(#([\w-]+)\)", table)) == anchors
    assert not [name for name in TARGETS if f"--form {name} " not in PAGE]


def test_python(first: tuple[Path, str], names: list[str]) -> None:
    place, said = first
    answer = tagpress.load(place / "bundle").answers([TEXT])[0]
    assert f"{json.dumps(answer.to_json())}\n" in said
    assert f"[{names!r}, [" in said


@pytest.mark.skipif(not shutil.which("curl"), reason="curl isn't installed")
def test_http(place: Path) -> None:
    pytest.importorskip("waitress", reason="waitress isn't installed (it comes with the dev extra)")
    said = run(place, "Over HTTP", free_port())
    answers = [answer.to_json() for answer in tagpress.load(place / "bundle").answers([TEXT])]
    assert json.dumps({"answers": answers}) in said
    assert "wrong: 0; lost: 0; not asked: 0" in said


def test_a_container_is_started_as_its_own_file_says() -> None:
    lines = [line for _, _, content in blocks("In a container") for line in content.splitlines()]
    head = (ROOT / "examples" / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert [line for line in lines if f"#   {line}\n" in head] == lines


def test_triton(place: Path) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime comes with the extra onnx")
    shutil.rmtree(place / "graph", ignore_errors=True)
    assert "model for a Triton repository" in run(place, "In Triton")
    assert (place / "repository" / "student" / "1" / "model.onnx").is_file()


def test_wheel(place: Path, names: list[str]) -> None:
    said = run(place, "As a wheel").splitlines()
    assert json.loads(said[-2]) == tagpress.load(place / "bundle").answers([TEXT])[0].to_json()
    assert said[-1].startswith(f"[{names!r}] (")
    assert said[-1].endswith(" 1.0.0")


def test_model_folder(place: Path) -> None:
    answer = tagpress.load(place / "bundle").answers([TEXT])[0]
    assert run(place, "As a model folder").splitlines()[-1] == f"{TEXT!r} -> {answer.to_json()}"


@C
def test_c(place: Path, names: list[str]) -> None:
    assert run(place, "In C").splitlines()[-len(names) :] == names


@JS
def test_node(place: Path, names: list[str]) -> None:
    shutil.rmtree(place / "tagger-js", ignore_errors=True)
    said = run(place, "In Node").splitlines()[-1]
    assert json.loads(said.replace("'", '"')) == names


@pytest.fixture
def files(place: Path) -> Iterator[int]:
    """The folder, served as `python -m http.server` does it, on a free port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    handler = functools.partial(Quiet, directory=str(place))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@JS
@pytest.mark.skipif(find_chromium() is None, reason="no Chromium is installed")
def test_page(place: Path, files: int, names: list[str]) -> None:
    shutil.rmtree(place / "tagger-js", ignore_errors=True)
    run(place, "In a page")
    with Browser() as browser:
        browser.open(f"http://127.0.0.1:{files}/page.html")
        browser.evaluate("document.querySelector('#text').focus()")
        browser.call("Input.insertText", {"text": TEXT})
        browser.wait_for("document.querySelector('#classes').value !== ''")
        assert browser.evaluate("document.querySelector('#classes').value") == ", ".join(names)
        assert browser.complaints() == []


def test_other_systems(place: Path) -> None:
    assert run(place, "On other systems").split()[0] == str(kernel.AVAILABLE)


@C
def test_equal_bits(place: Path) -> None:
    said = run(place, "Proof of equal bits")
    assert "times the kernel" in said
    found = json.loads((place / "runs" / "sameness" / "sameness.json").read_text(encoding="utf-8"))
    (rows,) = (each["engines"] for each in found["bundles"])
    assert {row["state"] for row in rows} <= {"equal", "absent"}
    assert any(row["state"] == "equal" for row in rows)
