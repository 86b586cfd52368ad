"""What the system refuses is one sentence and exit code 2, whoever noticed it; a stop leaves everything in order."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from baselines import endings
from baselines.console import run_command
from baselines.endings import sentence_of

ROOT = Path(__file__).resolve().parents[2]


class SafetensorError(Exception):
    """As the library's."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "runs/a/x"),
            "runs/a/x: No space left on device; free some space and give the same command again",
        ),
        (OSError(errno.EROFS, "Read-only file system", b"x"), "x: Read-only file system; choose a folder that can be "),
        (PermissionError(errno.EACCES, "Permission denied", "x"), "x: Permission denied; choose a place that you may"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files; allow more open files, such as with `ul"),
        (OSError(errno.EIO, "Input/output error", "x"), "x: Input/output error"),
        (OSError("20 requested and 0 written"), "20 requested and 0 written"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory; close other programs"),
        (MemoryError(), "not enough memory; close other programs"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "not enough memory"),
        (RuntimeError("can't start new thread"), "can't start another thread; allow more processes"),
        (ImportError("libx.so: cannot open shared object file: Too many open files", name="x"), "x: Too many open f"),
        (SafetensorError('I/O error: Os { code: 28, kind: StorageFull, message: "…" }'), "No space left on device; f"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(error: Exception, said: str) -> None:
    assert (sentence_of(error) or "").startswith(said)


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), ImportError("cannot import name 'x'")])
def test_a_mistake_of_the_program_is_none(error: Exception) -> None:
    assert sentence_of(error) is None


def test_with_hardly_any_files_everything_fails_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "_open_files_allowed", lambda: 12)
    said = sentence_of(ValueError("conversion failed:\ncanceled"))
    assert said == (
        "only 12 files may be open at once, and then: conversion failed:; allow more open files, such as with "
        "`ulimit -n 1024`, and give the same command again"
    )


def test_a_panic_of_a_library_is_no_failed_gate(capsys: pytest.CaptureFixture[str]) -> None:
    panic = type("PanicException", (BaseException,), {})

    def body(args: Namespace, command: str) -> int:
        raise panic("called `Result::unwrap()` on an `Err` value: Os { code: 24, kind: Uncategorized }")

    assert run_command(lambda prog: ArgumentParser(prog), lambda: body, [], "tool") == 2
    assert capsys.readouterr().err.startswith("error: Too many open files; allow more open files")


def command(work: str, *, shell: str = "{}", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own, with what the shell does to its streams."""
    code = """
    import os, signal, sys, time
    from argparse import ArgumentParser
    from baselines.console import run_command
    def body(args, command):
        WORK
        return 3
    sys.exit(run_command(lambda prog: ArgumentParser(prog), lambda: body, [], "tool", continues=True))
    """
    code = textwrap.dedent(code).replace("    WORK", textwrap.indent(textwrap.dedent(work), "    "))
    words = shell.format(f'{sys.executable} -c "$CODE"')
    env = {**os.environ, **environment, "CODE": code, "PYTHONPATH": str(ROOT)}
    return subprocess.run(["bash", "-c", words], env=env, capture_output=True, check=False, preexec_fn=_heed_signals)


def _heed_signals() -> None:
    """Tests that run in the background, or under nohup, hand down that signals are ignored."""
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def test_the_exit_code_counts_though_nobody_reads() -> None:
    work = "[print('line') for _ in range(100_000)]"
    done = command(work, shell="{} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"line\n", b"")


def test_the_work_goes_on_though_nobody_reads_its_errors() -> None:
    done = command("[print('line', file=sys.stderr) for _ in range(100_000)]", shell="{} 2> >(head -1 >/dev/null)")
    assert (done.returncode, done.stdout) == (3, b"")


def test_closed_streams(tmp_path: Path) -> None:
    done = command("print(1)", shell="{} >&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: standard output is closed; give it a place, such as > result.txt or > /dev/null\n"
    # The next file that is opened must not become what the closed stream was.
    work = f"open({str(tmp_path / 'file')!r}, 'w').write('whole'); os.write(2, b'a library speaks')"
    done = command(work, shell="{} 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")
    assert (tmp_path / "file").read_text() == "whole"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_standard_output() -> None:
    done = command("print(1)", shell="{} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: standard output: No space left on device; free some space")
    assert command("print(1, file=sys.stderr)", shell="{} 2> /dev/full").returncode == 3


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_console_without_the_characters_is_given_readable_ones(encoding: str) -> None:
    work = r"print('\u0394 \u2264 \xb1 \u6df1 \ud800'); raise OSError(28, 'No space', 'f\u6df1')"
    done = command(work, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)
    assert done.stdout.startswith(b"d <= ")
    assert done.stdout.endswith(b" \\u6df1 \\ud800\n")
    assert b"f\\u6df1: No space" in done.stderr


def test_what_was_chosen_for_the_console_is_kept() -> None:
    assert command(r"print('\u6df1')", PYTHONIOENCODING="ascii:replace").stdout == b"?\n"


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130)])
def test_a_stop_tidies_up_and_says_so(tmp_path: Path, name: str, code: int) -> None:
    work = f"""
        from baselines.storage.run_folder import RunFolder
        from pathlib import Path
        with RunFolder.working(Path({str(tmp_path / "r")!r}), dataset_sha256="a") as run:
            with run.write("baselines/done", {{}}): pass
            with run.write("baselines/half", {{}}):
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.kill(os.getpid(), signal.{name})
                time.sleep(60)
    """
    done = command(work)
    said = "stopped" if name == "SIGINT" else f"stopped by {name}"
    assert (done.returncode, done.stderr.decode()) == (
        code,
        f"error: {said}; the same command continues where it was\n",
    )
    left = sorted(path.relative_to(tmp_path / "r").as_posix() for path in (tmp_path / "r").rglob("*"))
    assert left == ["baselines", "baselines/done", "baselines/done/step.json", "run.json"]


def test_what_is_ignored_stays_ignored() -> None:
    done = command("os.kill(os.getpid(), signal.SIGHUP)", shell="trap '' HUP; {}")
    assert done.returncode == 3
    before = signal.getsignal(signal.SIGTERM)
    with endings.stopped_in_order():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
