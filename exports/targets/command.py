"""The work of `python -m exports.run`: which bundle, made into what, and what the user is told of it."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.classifier import Classifier
from baselines.errors import ArtifactError, UserError
from baselines.escaping.visible import one_line
from baselines.folder_kind import folder_kind
from baselines.storage.artifact import Lineage
from baselines.whole_files import part_of
from exports.runtime.bundle_format import FORMS, bundle_bytes, read_bundle
from exports.targets.about import identifier_of, name_within
from exports.targets.registry import TARGETS, Form
from exports.targets.source import Target

# Fields of `Target` that an option sets.
_OPTIONS = ("name", "longest", "small", "version")


@dataclass(frozen=True)
class Opened:
    """An artifact."""

    classifier: Classifier
    lineage: Lineage


def run(args: Namespace) -> int:
    """Write what was asked for; gives exit code 0."""
    form = TARGETS.get(args.form)
    _check_options(args, form)
    if args.out.name in ("", ".."):
        # "." has no name beside which something could be made.
        args.out = args.out.resolve()
    _check_free(args.out)
    is_bundle = folder_kind(args.artifact).startswith("a bundle")
    if form is not None:
        if args.triton is not None:
            raise UserError(f"--triton: goes with a bundle, got --form {args.form}; leave one of them out")
        with _bundle_of(args.artifact, form, is_bundle) as bundle:
            return _write_target(args, form, bundle)
    if is_bundle:
        raise UserError(
            f"{args.artifact}: a bundle already; {', '.join(TARGETS)} are made of it with --form, any other bundle of "
            "the artifact that it was made from"
        )
    return _write_bundle(args, _open(args.artifact))


def _check_options(args: Namespace, form: Form | None) -> None:
    """Refuse a form that isn't known, and options that the form has no use for."""
    if args.form is not None and args.form not in {*FORMS, *TARGETS}:
        raise UserError(f"--form: {', '.join([*FORMS, *TARGETS])} are allowed, got {one_line(args.form)!r}")
    for option in _OPTIONS:
        users = [name for name, known in TARGETS.items() if option in ("name", *known.uses)]
        if getattr(args, option) not in (None, False) and (form is None or args.form not in users):
            got = f"--form {args.form}" if args.form else "no --form"
            raise UserError(f"--{option}: goes with --form {' or '.join(users)}, got {got}; leave it out")


def _check_free(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        found = "not empty" if out.is_dir() else "a file"
        raise ArtifactError(f"{out}: {found}; choose another folder for --out, or remove it")


def _open(folder: Path) -> Opened:
    # Here, since nothing of it is needed where a bundle is given.
    from baselines.storage import artifact
    from compress.registry import KINDS

    return Opened(artifact.load(folder, KINDS), artifact.lineage_of(folder))


def _form_of(folder: Path, opened: Opened, form: str | None = None) -> str:
    classifier = opened.classifier
    if not classifier.forms:
        raise UserError(f"{folder}: a {classifier.kind} can't be exported: {classifier.why_no_form}")
    return form or classifier.forms[0]


def _write_bundle(args: Namespace, opened: Opened) -> int:
    from exports.bundles.write_bundle import write_bundle

    form = _form_of(args.artifact, opened, args.form)
    write_bundle(opened.classifier, opened.lineage, args.out, form, timed=True)
    raw, deflated = bundle_bytes(args.out)
    _say(f"{args.out}: {form}, {raw / 1000:.1f} kB to predict ({deflated / 1000:.1f} kB deflated)")
    _list(sorted(args.out.iterdir()))
    if args.triton is not None:
        from exports.bundles.triton import write_repository

        with tempfile.TemporaryDirectory() as place:
            # Triton serves ONNX, whatever form the bundle has.
            graph = write_bundle(opened.classifier, opened.lineage, Path(place) / "graph", "onnx")
            folder = write_repository(graph, args.triton, opened.lineage.name)
        _say(f"{folder}: model for a Triton repository")
    _say(f'next: tagpress predict {shlex.quote(str(args.out))} "a text"')
    return 0


@contextmanager
def _bundle_of(folder: Path, form: Form, is_bundle: bool) -> Iterator[Path]:
    """The bundle to make a target of: the one that is given, or one of an artifact that is gone afterwards."""
    if is_bundle:
        yield folder
        return
    from exports.bundles.write_bundle import write_bundle

    opened = _open(folder)
    chosen = _form_of(folder, opened)
    with tempfile.TemporaryDirectory() as place:
        made = write_bundle(opened.classifier, opened.lineage, Path(place) / "bundle", chosen)
        try:
            yield made
        except UserError as error:
            # The folder that was given is the one that the user knows.
            raise type(error)(str(error).replace(str(made), str(folder))) from None


def _write_target(args: Namespace, form: Form, bundle: Path) -> int:
    target = Target(**_asked(args, bundle))
    part = part_of(args.out)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        written = [path.relative_to(part) for path in form.write(bundle, part, target)]
        written += sorted({path.relative_to(part) for path in part.rglob("*") if path.is_file()} - {*written})
        if args.out.exists():
            args.out.rmdir()
        part.rename(args.out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _say(f"{args.out}: {form.title}, named {target.name}")
    _list([args.out / path for path in written])
    then = form.then.format(name=target.name, version=target.version)
    _say(f"next: cd {shlex.quote(str(args.out))} && {then}")
    return 0


def _asked(args: Namespace, bundle: Path) -> dict[str, Any]:
    given = {option: getattr(args, option) for option in _OPTIONS}
    if given["name"] is None:
        own = name_within(read_bundle(bundle))
        given["name"] = identifier_of(own or args.artifact.resolve().name)
    return {option: value for option, value in given.items() if value is not None}


def _list(paths: list[Path]) -> None:
    for path in paths:
        _say(f"  {path.stat().st_size:>11,} bytes  {path}")


def _say(line: str) -> None:
    sys.stdout.write(f"{one_line(line)}\n")
