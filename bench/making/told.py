"""A study's steps as other machines are told of them, in JSON, and made there of what they were told.

What all steps share is told with each: where the run is, and how models are trained. The data set is a step of the run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baselines.classifier import ignore_progress
from baselines.dataset import Dataset
from baselines.doctor.step import STEP as DOCTOR_STEP
from baselines.doctor.step import doctor_step
from baselines.errors import ArtifactError
from baselines.storage.configs import with_tuples
from baselines.storage.dataset_files import read_dataset, write_dataset
from baselines.storage.run_folder import RunFolder, code_version, fingerprint
from baselines.storage.stored_run import open_run
from baselines.whole_files import write_whole
from bench.engine.workers import SIGN, root_of
from bench.making.answering import SCORES_STEP, VALIDATION_STEP, answered, served_by
from bench.making.folds import made_fold
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from compress.registry import method_named

# The data set, as other machines read it.
GIVEN = "bench/given"
Json = dict[str, Any]
# In a worker: what was read for steps that share the same things.
_workshops: dict[str, Workshop] = {}


@contextmanager
def shared_by_all(workshop: Workshop, controls: Mapping[str, str], store: str = "") -> Iterator[Json]:
    """What all steps of a study are told; the data set lies in the run, with a sign by which a worker knows the folder.

    Args:
        workshop: of the study.
        controls: of each student that has one.
        store: address of the run in a store; "" for a folder that all machines see.
    """
    run, dataset = workshop.run, workshop.dataset
    unlabelled = hashlib.sha256("\n".join(workshop.unlabelled).encode("utf-8", "surrogatepass")).hexdigest()
    # The metric is no part of the data's hash.
    inputs = {"dataset_sha256": dataset.sha256, "metric": dataset.everything.metric, "unlabelled": unlabelled}
    if not run.is_done(GIVEN, inputs):
        with run.write(GIVEN, inputs) as folder:
            write_dataset(dataset, folder, workshop.unlabelled)
    shared: Json = {
        "store": store,
        "given": inputs,
        "dataset_sha256": dataset.sha256,
        "seed": workshop.seed,
        "threads": workshop.threads,
        "changes": {name: dict(fields) for name, fields in workshop.changes.items()},
        "controls": dict(controls),
    }
    # Of this code and these settings alone: what another version left on a machine is never taken for this one's.
    own = fingerprint({**shared, "code": code_version("bench")})[:16]
    sign = run.root.resolve() / SIGN
    shared |= {"root": str(sign.parent), "sign": secrets.token_hex(16), "apart": _folder_apart(own)}
    write_whole(sign, shared["sign"])
    try:
        yield shared
    finally:
        sign.unlink(missing_ok=True)


def _folder_apart(name: str) -> str:
    return f"tagpress-run-{name}"


def told_variant(variant: Variant) -> Json:
    """A variant as another machine is told of it; its teacher has to be a model of the run."""
    return {"kind": "variant", "name": variant.name, "variant": _to_json(variant)}


def told_fold(fold: tuple[int, int], baselines: Sequence[str], variants: Sequence[Variant], where: Json) -> Json:
    """A whole fold: every model of it, and what each says there.

    Args:
        fold: its number from 0, of how many.
        baselines, variants: what is made.
        where: `folder` of the folds from the run on, and `store`, their address, "" for none.
    """
    models = {"baselines": list(baselines), "variants": [_to_json(variant) for variant in variants]}
    return {"kind": "fold", "number": fold[0], "k": fold[1], **where, **models}


def make_told(shared: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Make a step here, where a worker is; whether it is there then.

    Args:
        shared: from `shared_by_all`.
        told: of the step: its `kind`, and what belongs to that.
    """
    workshop = _workshop(shared)
    match told["kind"]:
        case "baseline":
            workshop.baseline(told["name"])
            return workshop.is_there(told["name"])
        case "variant":
            workshop.variant(_from_json(told["variant"]))
            return workshop.is_there(told["name"])
        case "exports":
            candidates = served_by(workshop, told["name"], 1)
            answered(workshop, f"{VALIDATION_STEP}-{told['name']}", told["name"], candidates[:1], "validation")
        case "scores":
            candidates = served_by(workshop, told["name"], 1)
            answered(workshop, f"{SCORES_STEP}-{told['name']}", told["name"], candidates, "test")
        case "doctor":
            doctor_step(workshop.run, workshop.dataset)
            return workshop.run.is_sound(DOCTOR_STEP)
        case "fold":
            variants = [_from_json(each) for each in told["variants"]]
            root = workshop.run.root / told["folder"]
            made_fold(workshop, root, told["number"], told["k"], told["baselines"], variants, told["store"])
    return True


def _workshop(shared: Mapping[str, Any]) -> Workshop:
    key = fingerprint(shared)
    if key not in _workshops:
        root = Path(root_of(shared))
        if not root.is_absolute():
            root = Path(tempfile.gettempdir()) / root
        run = open_run(root, dataset_sha256=shared["dataset_sha256"], store=shared["store"])
        dataset, unlabelled = _given(run, shared)
        workshop = Workshop(
            run,
            dataset,
            shared["seed"],
            shared["threads"],
            "cpu",
            lambda description: ignore_progress,
            unlabelled,
            {
                name: {field: with_tuples(value) for field, value in own.items()}
                for name, own in shared["changes"].items()
            },
        )
        _workshops.clear()  # of an earlier study
        _workshops[key] = workshop.apart(shared["controls"], workshop.watch)
    return _workshops[key]


def _given(run: RunFolder, shared: Mapping[str, Any]) -> tuple[Dataset, tuple[str, ...]]:
    if not run.is_done(GIVEN, shared["given"]):
        raise ArtifactError(f"{run.place(GIVEN)}: the data set isn't there; repeat the study's command")
    dataset, unlabelled = read_dataset(run.place(GIVEN))
    if dataset.sha256 != shared["dataset_sha256"]:
        raise ArtifactError(f"{run.place(GIVEN)}: other data than the study's; repeat the study's command")
    return dataset, unlabelled


def _to_json(variant: Variant) -> Json:
    """All its fields; a variant whose teacher is a file can't be told."""
    return {
        **{field.name: getattr(variant, field.name) for field in dataclasses.fields(variant)},
        "config": dataclasses.asdict(variant.config),
    }


def _from_json(told: Mapping[str, Any]) -> Variant:
    config = method_named(told["method"]).config
    made = config(**{field: with_tuples(value) for field, value in told["config"].items()})
    return Variant(**{**told, "config": made})
