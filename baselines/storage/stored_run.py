"""A run folder whose truth lies in an object store: steps are fetched where they are there, and put there once made.

In the store a step lies below the key of what it was made from, and its files below the hash of its note:
`steps/ROOM/NAME/KEY/HASH/…`, then `steps/ROOM/NAME/KEY/step.json`, then `steps/ROOM/NAME/latest`. So nothing is ever
changed, two writers of one step can't mix their files, and whichever note stands there in the end is of whole files.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from baselines.errors import StoreError
from baselines.storage.artifact import file_sha256
from baselines.storage.lease import leased
from baselines.storage.object_store import ObjectStore
from baselines.storage.run_folder import RUN_FILE, STEP_FILE, RunFolder, fingerprint
from baselines.storage.run_lock import run_lock
from baselines.whole_files import part_of

# Of a note: thousands of files are listed in less. Of a step's files together: no model of ours is near it.
_MOST_NOTE, _MOST_BYTES, _MOST_FILES = 10_000_000, 100_000_000_000, 100_000
_KEY = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^\x00-\x1f\\:]{1,255}")


class StoredRun(RunFolder):
    """A working copy of a run; see `RunFolder` for what each method promises."""

    def __init__(self, root: Path, store: ObjectStore) -> None:
        super().__init__(root)
        self.store = store

    def is_done(self, step: str, inputs: Mapping[str, Any]) -> bool:
        """Whether the step is here or in the store, made from exactly these inputs; it is here then."""
        if super().is_done(step, inputs):
            return True
        key = self._key(step, inputs)
        return self._fetch(step, key) and super().is_done(step, inputs)

    def is_sound(self, step: str) -> bool:
        """Whether a step is here or in the store, whatever it was made from; it is here then."""
        return super().is_sound(step) or (self._fetch(step, self._latest(step)) and super().is_sound(step))

    def inputs_of(self, step: str) -> Mapping[str, Any]:
        """What a step was made from, here or in the store."""
        self.is_sound(step)
        return super().inputs_of(step)

    def identity(self, step: str) -> str:
        """See `RunFolder.identity`; the step is fetched where it isn't here."""
        self.is_sound(step)
        return super().identity(step)

    @contextlib.contextmanager
    def write(self, step: str, inputs: Mapping[str, Any]) -> Iterator[Path]:
        """See `RunFolder.write`; then it is put into the store, or what was put there first is taken in its place."""
        with super().write(step, inputs) as folder:
            yield folder
        self._put(step, self._key(step, inputs))

    def publish(self, names: Iterable[str]) -> None:
        """Put these files of the folder itself beside the steps, in place of those of an earlier command."""
        for name in names:
            self.store.write(name, (self.root / name).read_bytes())

    def _put(self, step: str, key: str) -> None:
        note = (self.place(step) / STEP_FILE).read_bytes()
        name = f"{_place_of(step)}/{key}/{STEP_FILE}"
        if self.store.read(name, _MOST_NOTE) is None:
            for file in json.loads(note)["files"]:
                self.store.put(self.place(step) / file, f"{_files_of(step, key, note)}/{file}")
            self.store.write_new(name, note)
        if self.store.read(name, _MOST_NOTE) != note:
            self._fetch(step, key)  # another worker was first, from the same inputs; all go on with one of the two
        self.store.write(f"{_place_of(step)}/latest", key.encode())

    def _latest(self, step: str) -> str:
        found = (self.store.read(f"{_place_of(step)}/latest", 64) or b"").decode("ascii", "replace")
        return found if _KEY.fullmatch(found) else ""

    def _fetch(self, step: str, key: str) -> bool:
        """Bring a step here whole, checked; whether there is one. One that isn't as its note says is none."""
        if not key or (raw := self.store.read(f"{_place_of(step)}/{key}/{STEP_FILE}", _MOST_NOTE)) is None:
            return False
        files = checked_note(raw, key, f"{self.store.url}/{_place_of(step)}/{key}/{STEP_FILE}")
        final = self.place(step)
        final.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(final)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            for name, facts in files.items():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                at = f"{_files_of(step, key, raw)}/{name}"
                self.store.get(at, part / name, facts["bytes"])
                if file_sha256(part / name) != facts["sha256"]:
                    raise StoreError(f"{self.store.url}/{at}: other bytes than its note says; remove the step there")
            (part / STEP_FILE).write_bytes(raw)
            shutil.rmtree(final, ignore_errors=True)
            part.rename(final)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return True


def checked_note(raw: bytes, key: str, where: str) -> dict[str, dict[str, Any]]:
    """The files that a step's note from elsewhere lists, each with `sha256` and `bytes`.

    Raises:
        StoreError: no note, one of another step, or a file that would lie outside of the step's folder.
    """
    try:
        note = json.loads(raw)
        files = note["files"]
        sound = note["key"] == key and isinstance(files, dict) and len(files) <= _MOST_FILES
        sound = sound and all(_is_inside(name) and _is_facts(facts) for name, facts in files.items())
        sound = sound and sum(facts["bytes"] for facts in files.values()) <= _MOST_BYTES
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise StoreError(f"{where}: not this step's note, or one of files outside of its folder; remove the step there")
    return dict(files)


def _is_inside(name: str) -> bool:
    """Whether a relative name stays below a folder, on any system, and isn't the note itself."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and name == path.as_posix() and bool(_NAME.fullmatch(name))
    return plain and name != STEP_FILE and not {"..", ".", ""} & set(name.split("/"))


def _is_facts(facts: Any) -> bool:
    size = facts["bytes"]
    return type(size) is int and size >= 0 and bool(_KEY.fullmatch(str(facts["sha256"])))


def _place_of(step: str) -> str:
    return f"steps/{step}"


def _files_of(step: str, key: str, note: bytes) -> str:
    return f"{_place_of(step)}/{key}/{fingerprint({'note': note.decode('utf-8')})[:16]}"


def open_run(root: Path, *, dataset_sha256: str, store: str = "") -> RunFolder:
    """The run folder, opened; with a store's address its working copy. See `RunFolder.open` for what is refused."""
    local = RunFolder.open(root, dataset_sha256=dataset_sha256)
    if not store:
        return local
    there = ObjectStore(store)
    ours = (root / RUN_FILE).read_bytes()
    there.write_new(RUN_FILE, ours)
    if (theirs := there.read(RUN_FILE, _MOST_NOTE)) is None or _whose(theirs) != _whose(ours):
        raise StoreError(
            f"--store {store}: holds a run of other data, another split or another version; choose another address"
        )
    return StoredRun(root, there)


@contextlib.contextmanager
def working(root: Path, *, dataset_sha256: str, store: str = "") -> Iterator[RunFolder]:
    """See `RunFolder.working`; with a store's address the store is leased besides."""
    if not store:
        with RunFolder.working(root, dataset_sha256=dataset_sha256) as run:
            yield run
        return
    with run_lock(root), leased(ObjectStore(store)):
        run = open_run(root, dataset_sha256=dataset_sha256, store=store)
        run.clean_leftovers()
        try:
            yield run
        except BaseException:
            run.clean_leftovers()
            raise


def _whose(raw: bytes) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(raw)
    return None
