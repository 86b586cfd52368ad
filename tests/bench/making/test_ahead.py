"""Steps that are made ahead of a study, by processes beside it: the same steps, in an order that works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from baselines.cores import usable_core_count
from baselines.dataset import Dataset
from baselines.storage.run_folder import RunFolder
from bench.engine import on_processes as ahead
from bench.making.ahead import jobs_of
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from compress import run
from compress.methods.distill.distill_config import DistillConfig
from compress.methods.quantize.quantize_config import QuantizeConfig
from tests.cases.quick_case import SMALL, write_csv

ROOT = Path(__file__).resolve().parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="steps are made ahead on Linux only")
# A process of its own, as a command has one: a fork of this one would copy what the other tests have started.
PRELUDE = """
import os, sys, time
from pathlib import Path
from bench.engine.jobs import Job
from bench.engine.on_processes import make_ahead
place = Path(sys.argv[1])
def writes(name, seconds=0.0, needs=()):
    def make():
        assert all((place / need).exists() for need in needs)
        time.sleep(seconds)
        (place / name).write_text(str(os.getpid()))
        return True
    return make
ended, begun, reached = [], [], {}
class Watching:
    def begun(self, name): begun.append(name)
    def reached(self, name, share): reached.setdefault(name, []).append(share)
    def ended(self, name, taken): ended.append(name)
"""


def python(code: str, place: Path) -> subprocess.CompletedProcess[str]:
    whole = PRELUDE + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", whole, str(place)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@linux
def test_each_waits_for_what_it_is_made_from_and_two_are_under_way(tmp_path: Path) -> None:
    code = """
    jobs = [
        Job("d", writes("d", 0, ["b", "c"]), frozenset("bc"), 1),
        Job("b", writes("b", 0.5, ["a"]), frozenset("a"), 1),
        Job("c", writes("c", 0.5, ["a"]), frozenset("a"), 1),
        Job("a", writes("a"), frozenset(), 1),
    ]
    make_ahead(jobs, 2, Watching())
    print(ended[0], sorted(ended[1:3]), ended[3])
    """
    done = python(code, tmp_path)
    assert done.stdout == "a ['b', 'c'] d\n", done.stderr
    pids = {name: (tmp_path / name).read_text() for name in "abcd"}
    assert pids["b"] != pids["c"]


@linux
def test_who_watches_is_told_what_began_and_how_far_it_is(tmp_path: Path) -> None:
    code = """
    from bench.engine import on_processes as ahead
    def reports():
        advance = ahead.share_of_job("training")
        for done in (1, 2, 3):
            advance(done, 4)
            time.sleep(0.8)
        advance(0, 0)
        return True
    jobs = [Job("quick", writes("quick"), frozenset(), 1), Job("long", reports, frozenset(), 9)]
    make_ahead(jobs, 2, Watching())
    print(begun, ended, sorted(set(reached["long"])), "quick" in reached)
    """
    done = python(code, tmp_path)
    assert done.stdout == "['long', 'quick'] ['quick', 'long'] [0.25, 0.5, 0.75] False\n", done.stderr


@linux
def test_what_fails_ends_neither_the_others_nor_the_study(tmp_path: Path) -> None:
    code = """
    def fails():
        print("nobody reads this")
        raise RuntimeError("a mistake")
    jobs = [
        Job("a", fails, frozenset(), 1),
        Job("b", writes("b", 0, ["a"]), frozenset("a"), 1),
        Job("c", writes("c"), frozenset(), 1),
        Job("not to be had here", lambda: False, frozenset(), 1),
    ]
    make_ahead(jobs, 2, Watching())
    print(ended)
    """
    done = python(code, tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("['c']\n", "", 0)


@linux
def test_a_child_that_is_killed_leaves_the_work_to_the_study(tmp_path: Path) -> None:
    code = """
    jobs = [Job("a", lambda: os._exit(9), frozenset(), 1), Job("b", writes("b"), frozenset("a"), 1)]
    make_ahead(jobs, 2, Watching())
    print(ended)
    """
    done = python(code, tmp_path)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


@linux
def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = PRELUDE + textwrap.dedent("""
    def forever():
        (place / str(os.getpid())).touch()
        time.sleep(600)
    make_ahead([Job(name, forever, frozenset(), 1) for name in "ab"], 2, Watching())
    """)
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    until = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    children = [int(path.name) for path in tmp_path.iterdir()]
    assert len(children) == 2
    while any(map(_is_alive, children)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(_is_alive, children))


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_jobs_wait_for_parents_teachers_controls_and_the_first_student_of_a_teacher(
    tmp_path: Path, tiny: Dataset
) -> None:
    workshop = Workshop(
        RunFolder.open(tmp_path / "r", dataset_sha256=tiny.sha256), tiny, 0, 1, "cpu", lambda _: lambda d, t: None
    )
    taught, control = DistillConfig(), DistillConfig().control
    variants = [
        Variant("s", "", "cnn", "distill", taught, teacher="ensemble", control="c"),
        Variant("c", "", "cnn", "distill", control),
        Variant("s1", "", "cnn", "distill", taught, teacher="ensemble", seed_offset=1),
        Variant("q", "", "s", "quantize", QuantizeConfig()),
        Variant("there", "", "cnn", "quantize", QuantizeConfig()),
    ]
    for name in ("baselines/rules", "compress/there"):
        with workshop.run.write(name, {}) as folder:
            (folder / "weights").touch()
    jobs = {job.name: job.after for job in jobs_of(workshop, ["rules", "linear", "cnn", "ensemble"], variants, {})}
    assert jobs == {
        "linear": set(),
        "cnn": {"linear"},
        "ensemble": {"linear", "cnn"},
        "s": {"cnn", "ensemble"},
        "c": {"cnn"},
        "s1": {"cnn", "ensemble", "s"},
        "q": {"s", "c"},
    }


@linux
@pytest.mark.parametrize(
    ("spec", "file", "forks"),
    [
        ("compress.run", "compress/run.py", True),
        ("tagpress.__main__", "tagpress/__main__.py", True),
        ("", "/usr/bin/tagpress", True),
        ("", "mine/tagpress.py", False),
        ("pytest.__main__", "pytest/__main__.py", False),
        ("", "", False),
    ],
)
def test_only_a_command_that_has_its_process_to_itself_forks(
    spec: str, file: str, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = SimpleNamespace(__spec__=SimpleNamespace(name=spec) if spec else None, __file__=file or None)
    monkeypatch.setitem(sys.modules, "__main__", main)  # type: ignore[arg-type]
    monkeypatch.setattr(ahead, "usable_core_count", lambda: 3)
    monkeypatch.setattr(ahead, "cgroup_memory_bytes", lambda: 64 * 10**9)
    assert ahead.processes_at_once(8) == (3 if forks else 1)
    assert ahead.processes_at_once(1) == 1
    monkeypatch.setattr(ahead, "cgroup_memory_bytes", lambda: 5 * 10**9)
    assert ahead.processes_at_once(8) == (2 if forks else 1)


@linux
def test_a_study_made_ahead_is_the_study_made_in_order(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tiny, tmp_path / "texts.csv")
    (tmp_path / "small.json").write_text(json.dumps(SMALL))
    monkeypatch.chdir(tmp_path)
    asked = ["--dataset", "texts.csv", "--label-separator", ";", "--config", "small.json"]
    asked += ["--threads", "2", "--method", "distill"]
    code = f"""
    import runpy, sys
    from bench.study import flow
    flow.make_bundles = lambda study: sys.exit(6 + flow.processes_at_once(2))
    sys.argv[1:] = {[*asked, "--run", "ahead"]!r}
    runpy.run_module("compress.run", run_name="__main__", alter_sys=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 6 + min(2, usable_core_count()), done.stderr
    with monkeypatch.context() as patch:
        patch.setattr("bench.study.flow.make_bundles", lambda study: sys.exit(7))
        with pytest.raises(SystemExit):
            run.main([*asked, "--run", "ordered"])
    made = [_made(tmp_path / "runs" / name) for name in ("ahead", "ordered")]
    # In order the doctor comes after the models, where both studies are stopped.
    assert made[0].pop("baselines/doctor/step.json")
    assert made[0] == made[1]
    assert sum("student" in path for path in made[0]) >= 6


def _made(root: Path) -> dict[str, object]:
    """Of every step its key, and of every model its weights."""
    keys: dict[str, object] = {}
    for path in sorted(root.glob("*/*/step.json")):
        keys[str(path.relative_to(root))] = json.loads(path.read_text())["key"]
    for path in sorted(root.glob("*/*/artifact/*.safetensors")):
        keys[str(path.relative_to(root))] = path.read_bytes()
    return keys
