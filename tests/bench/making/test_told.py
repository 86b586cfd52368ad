"""Steps made of what another machine is told: those that the study itself would have made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.classifier import ignore_progress
from baselines.dataset import Dataset
from baselines.errors import ArtifactError
from baselines.storage.run_folder import RunFolder
from baselines.storage.stored_run import open_run
from bench.engine.workers import root_of
from bench.making import told
from bench.making.ahead import jobs_of
from bench.making.variants import Variant
from bench.making.workshop import Workshop
from bench.study.wished_variants import variants_of
from bench.study.wishes import Wishes
from compress.methods.quantize.quantize_config import QuantizeConfig
from tests.cases.small_run_case import LINEAR, brief

INT4 = Variant("linear-int4", "4 bits", "linear", "quantize", QuantizeConfig(bits=4))


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(told, "_workshops", {})
    monkeypatch.setattr(told.tempfile, "gettempdir", lambda: str(tmp_path / "elsewhere"))


def workshop(run: RunFolder, dataset: Dataset) -> Workshop:
    return Workshop(run, dataset, 0, 1, "cpu", lambda _: ignore_progress, changes={"linear": LINEAR})


def all_told(shop: Workshop) -> list[dict[str, object]]:
    jobs = jobs_of(shop, ["linear"], [INT4], {})
    kinds = [dict(job.told or {}) for job in jobs]
    return [*kinds, *({"kind": kind, "name": INT4.name} for kind in ("exports", "scores"))]


@pytest.mark.parametrize("method", [None, "quantize", "prune", "distill", "fold"])
def test_every_variant_of_a_study_travels(method: str | None) -> None:
    for variant in variants_of(Wishes(method=method)):
        sent = json.loads(json.dumps(told.told_variant(variant)))
        assert told._from_json(sent["variant"]) == variant


@pytest.mark.parametrize("apart", [False, True])
def test_what_is_made_of_what_was_told_is_what_the_study_would_have_made(
    apart: bool, tmp_path: Path, tiny: Dataset
) -> None:
    data, store = brief(tiny), f"file://{tmp_path}/store" if apart else ""
    shop = workshop(open_run(tmp_path / "run", dataset_sha256=data.sha256, store=store), data)
    with told.shared_by_all(shop, {}, store) as shared:
        if apart:  # a machine that doesn't see this folder
            shared["sign"] = "another folder"
        shared = json.loads(json.dumps(shared))
        assert root_of(shared).startswith("tagpress-run-" if apart else str(tmp_path))
        assert all(told.make_told(shared, each) for each in all_told(shop))
    assert (tmp_path / "elsewhere").exists() == apart
    made = {path.name for path in (tmp_path / "run").glob("*/*")}
    assert ("linear" in made) != apart, "what is apart is fetched when it is asked for"
    steps = {}
    for name, run in (("told", shop.run), ("here", RunFolder.open(tmp_path / "here", dataset_sha256=data.sha256))):
        own = workshop(run, data)
        own.baseline("linear")
        own.variant(INT4)
        form = next(iter(own.bundles(INT4.name)))
        places = ("baselines/linear", "compress/linear-int4", f"exports/linear-int4-{form}")
        steps[name] = [run.identity(place) for place in places]
    assert steps["told"] == steps["here"]


def test_without_a_store_a_machine_that_does_not_see_the_run_has_no_root(tmp_path: Path, tiny: Dataset) -> None:
    shop = workshop(RunFolder.open(tmp_path / "run", dataset_sha256=tiny.sha256), tiny)
    with told.shared_by_all(shop, {}) as shared:
        assert root_of(shared) == str((tmp_path / "run").resolve())
        assert root_of({**shared, "sign": "x"}) == ""
    assert root_of(shared) == "", "the sign goes with the study"


def test_other_data_than_the_study_s_are_refused(tmp_path: Path, tiny: Dataset) -> None:
    shop = workshop(RunFolder.open(tmp_path / "run", dataset_sha256=tiny.sha256), tiny)
    with told.shared_by_all(shop, {}) as shared:
        shared["given"] = {**shared["given"], "metric": "f1_micro"}
        with pytest.raises(ArtifactError, match="the data set isn't there"):
            told.make_told(shared, {"kind": "baseline", "name": "linear"})
