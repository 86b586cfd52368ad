"""A search's journal that a killed process left torn or locked is readable again, up to where it is torn."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines.storage.run_lock import run_lock
from baselines.storage.trial_journal import mend_journal

WHOLE = b'{"op_code": 0}\n{"op_code": 4}\n'


@pytest.mark.parametrize(
    "torn", [b'{"op_c', b'{"op_code": 1}', b'{"op_c\n{"op_code": 5}\n', b"[1]\n", b"\xff\n", b"\n"]
)
def test_a_torn_journal_is_cut_where_it_is_torn(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "trials.journal"
    path.write_bytes(WHOLE + torn)
    mend_journal(path)
    assert path.read_bytes() == WHOLE
    mend_journal(path)
    assert path.read_bytes() == WHOLE


def test_a_dead_process_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "r" / "trials.journal"
    lock = path.with_name("trials.journal.lock")
    with run_lock(tmp_path / "r"):
        lock.symlink_to("runs/nowhere")  # as Optuna makes it, with a path that leads nowhere from here
        mend_journal(path)
        assert not lock.is_symlink()
        assert not path.exists()


def test_a_lock_of_the_living_stays_where_nobody_is_kept_out(tmp_path: Path) -> None:
    lock = tmp_path / "trials.journal.lock"
    lock.touch()
    mend_journal(tmp_path / "trials.journal")
    assert lock.exists()
