"""The work of `python -m exports.fuzz`: mutants of sound models until the time or the number is reached."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from baselines.console import above_zero, whole_number
from baselines.errors import ArtifactError
from exports.fuzzing.mutants import MANIFEST, Mutant, files_of, mutant
from exports.fuzzing.trial import FINDING, LOADED, REFUSED, Outcome
from exports.fuzzing.watching import Watch
from exports.runtime.bundle_format import FORMS

_MUTATIONS = 2000
_EPILOG = """examples:
  python -m exports.fuzz                               2,000 mutants of small bundles of all forms
  python -m exports.fuzz --seconds 600 --seed 7        ten minutes, other mutants
  python -m exports.fuzz --artifacts                   saved classifiers in place of bundles
  python -m exports.fuzz --bundle deploy --only 41     mutant 41 of a bundle of your own

A finding is kept as a folder below --out: the mutant, how it was made, and what it brought about.
exit codes: 0 every mutant was refused in one sentence, or answered like a model; 2 there are findings."""


def parser(prog: str) -> ArgumentParser:
    """The command's options."""
    made = ArgumentParser(
        prog=prog,
        description="Loads hostile files: changes sound bundles, with their hashes put right, and tries each in a "
        "process with limits.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument("--mutations", type=whole_number(1), metavar="N", help=f"mutants (default: {_MUTATIONS})")
    made.add_argument("--seconds", type=above_zero, metavar="S", help="stop after so many seconds")
    made.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="of the mutants (default: 0)")
    made.add_argument("--only", type=whole_number(0), metavar="N", help="the mutant of this number alone")
    made.add_argument(
        "--bundle", type=Path, nargs="+", metavar="FOLDER", help="bundles to change (default: small ones)"
    )
    made.add_argument(
        "--form",
        nargs="+",
        choices=tuple(FORMS),
        metavar="FORM",
        help=f"small bundles of these alone: {', '.join(FORMS)}",
    )
    made.add_argument("--artifacts", action="store_true", help="saved classifiers in place of bundles")
    made.add_argument(
        "--out", type=Path, default=Path("fuzz-findings"), metavar="FOLDER", help="findings (default: fuzz-findings)"
    )
    return made


def run(args: Namespace, command: str) -> int:
    """Exit code 0: no findings; 2: some."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        sources = _sources(args, Path(place))
        with Watch(args.artifacts) as watch:
            sound = {name: _sound(watch, Path(place), name, files) for name, files in sources}
            counts: Counter[str] = Counter()
            for number in _numbers(args):
                made = mutant(sources, args.seed, number)
                outcome = _tried(watch, Path(place), made, args.out)
                differs = outcome.kind == LOADED and outcome.said != sound[made.source]
                counts[outcome.kind] += 1
                counts["answers differ"] += differs
                if args.only is not None or outcome.kind == FINDING:
                    _say(made, outcome)
    sys.stdout.write(
        f"{counts[REFUSED] + counts[LOADED] + counts[FINDING]} mutants of {len(sources)} models, seed {args.seed}: "
        f"{counts[REFUSED]} refused, {counts[LOADED]} loaded, of which {counts['answers differ']} answer otherwise "
        f"than the sound one, {counts[FINDING]} findings\n"
    )
    return 2 if counts[FINDING] else 0


def _sources(args: Namespace, place: Path) -> list[tuple[str, Mapping[str, bytes]]]:
    """Name and files of each sound model."""
    if args.form and (args.bundle or args.artifacts):
        raise ArtifactError("--form: for the small bundles that are made here; leave out --bundle and --artifacts")
    if args.bundle:
        folders = list(args.bundle)
        if bare := [folder for folder in folders if not (folder / MANIFEST).is_file()]:
            raise ArtifactError(f"{bare[0]}: no {MANIFEST}; give a bundle, or with --artifacts a saved classifier")
    else:
        from exports.fuzzing.samples import artifacts, bundles

        sys.stderr.write("making small models\n")
        sound = place / "sound"
        folders = artifacts(sound) if args.artifacts else bundles(sound, args.form or tuple(FORMS))
    return [(folder.name, files_of(folder)) for folder in folders]


def _numbers(args: Namespace) -> Iterator[int]:
    if args.only is not None:
        yield args.only
        return
    until = time.monotonic() + args.seconds if args.seconds else None
    most = args.mutations or (None if args.seconds else _MUTATIONS)
    for number in count():
        if (most is not None and number >= most) or (until is not None and time.monotonic() > until):
            return
        yield number


def _sound(watch: Watch, place: Path, name: str, files: Mapping[str, bytes]) -> str:
    """Hash of the answers of a sound model; raises ArtifactError where it isn't sound."""
    outcome = _tried(watch, place, Mutant(0, name, files, {}, ()), None)
    if outcome.kind != LOADED:
        raise ArtifactError(f"{name}: unchanged it should load and answer; {outcome.said}")
    return outcome.said


def _tried(watch: Watch, place: Path, made: Mutant, out: Path | None) -> Outcome:
    folder = place / "mutant"
    folder.mkdir()
    try:
        made.write(folder)
        outcome = watch.tried(folder)
        if outcome.kind == FINDING and out is not None:
            _keep(folder, made, outcome, out)
    finally:
        shutil.rmtree(folder)
    return outcome


def _keep(folder: Path, made: Mutant, outcome: Outcome, out: Path) -> None:
    kept = out / f"{made.source}-{made.number}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    facts = {"number": made.number, "source": made.source, "changes": made.changes}
    (kept / "how.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (kept / "finding.txt").write_text(outcome.said + "\n", encoding="utf-8", errors="backslashreplace")
    made.write(kept / "mutant")


def _say(made: Mutant, outcome: Outcome) -> None:
    lines: Sequence[str] = outcome.said.strip().splitlines() or [""]
    sys.stdout.write(f"{made.number} {made.source}: {outcome.kind}: {lines[-1]:.200}\n")
    sys.stdout.writelines(f"    {change:.200}\n" for change in made.changes)
