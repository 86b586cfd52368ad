"""What the report says of a GPU: of the rows that a study measured there, and of the file of `bench.gpu_check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.numbers.quantities import MISSING, count, duration, joules, seconds

Json = Mapping[str, Any]
NOT_VERIFIED = "This path has not been verified on hardware yet."
_COLUMNS = ("Device", "Runs in", "Batch", "Mean", "p50", "On the device", "Texts/s", "Energy a text")
_STEP_COLUMNS = ("Device", "First layers", "Texts", "Median step", "Mean step")
_FORMS = {"lookup": "table look-up", "conv": "convolution"}


def gpu_sentences(facts: Json | None) -> str:
    """`speed.gpu` as sentences: why nothing was measured, or on what, and from which batch size on it beats the CPU."""
    if not facts:
        return ""
    if facts.get("status") != "measured":
        return f"No model was timed on a GPU: {facts.get('reason') or 'the reason was not stored'}."
    said = [f"The CNN was also timed on a GPU, {facts.get('name') or 'unnamed'}{_state(facts.get('state') or {})}."]
    batch, rate = facts.get("overtakes_cpu_at_batch"), facts.get("cpu_documents_per_s")
    if batch is not None:
        said.append(f"From batches of {count(batch)} on, copies included, it beats the best rate of the CPU.")
    elif rate is not None:
        said.append("At no batch size that was measured does it beat the best rate of the CPU.")
    if not facts.get("verified_on_hardware"):
        said.append(NOT_VERIFIED)
    return " ".join(said)


def gpu_check(content: Json | None) -> dict[str, Any] | None:
    """The section of a file read by `bench.results.gpu_file.read_gpu_file`: sentences and two tables; None without."""
    if content is None:
        return None
    measured = [row for row in content["rows"] if row["status"] == "measured"]
    return {
        "sentences": _sentences(content),
        "columns": _COLUMNS,
        "rows": [_row(row) for row in measured],
        "step_columns": _STEP_COLUMNS,
        "steps": [_step(step) for step in content["training"]],
        "missing": [_missing(part) for part in content["parts"] if part["status"] != "measured"],
    }


def _sentences(content: Json) -> list[str]:
    device, cpu, versions = content["device"], content["cpu"], content["versions"]
    if device.get("status") != "found":
        return [f"The check of the GPU measured nothing: {device.get('reason') or 'the reason was not stored'}."]
    kept = ", ".join(f"{name} {versions[name]}" for name in ("torch", "cuda", "onnxruntime") if versions.get(name))
    beside = f"{cpu.get('model') or 'a CPU without a name'} with {count(cpu.get('cores'))} usable cores"
    created, took = content.get("created") or "unknown", duration(content.get("seconds"))
    said = [
        f"Measured on {device.get('name') or 'an unnamed device'}{_state(device.get('state') or {})} beside {beside}.",
        f"It took {took}, on {created}{f', with {kept}' if kept else ''}.",
    ]
    for entry in content["parity"]:
        largest, allowed = entry["max_difference"], entry["allowed"]
        shown = MISSING if largest is None else f"{largest:.2g}"
        limit = "" if allowed is None else f" ({allowed:g} are allowed)"
        said.append(f"Probabilities of {entry['runtime']} differ from the CPU's by {shown} at most{limit}.")
    for name, batch in content["overtakes"].items():
        from_batch = "at no batch size" if batch is None else f"from batches of {count(batch)} on"
        said.append(f"{name[:1].upper()}{name[1:]}: the GPU is faster {from_batch}, copies included.")
    if not content.get("verified_on_hardware"):
        said.append(NOT_VERIFIED)
    return said


def _row(row: Json) -> dict[str, Any]:
    latency = row.get("latency_s") or {}
    shown: Sequence[tuple[float | None, str]] = (
        (row.get("batch_size"), count(row.get("batch_size"))),
        (latency.get("mean"), seconds(latency.get("mean"))),
        (latency.get("p50"), seconds(latency.get("p50"))),
        (row.get("device_s"), seconds(row.get("device_s"))),
        (row.get("documents_per_s"), count(row.get("documents_per_s"))),
        (row.get("energy_j_per_document"), joules(row.get("energy_j_per_document"))),
    )
    return {
        "device": str(row["device"]),
        "runtime": str(row["runtime"]),
        "cells": [{"value": value, "text": text} for value, text in shown],
    }


def _step(step: Json) -> dict[str, Any]:
    times = step.get("step_s") or {}
    return {
        "device": str(step["device"]),
        "form": _FORMS.get(str(step["form"]), str(step["form"])),
        "cells": [
            {"value": step.get("texts"), "text": count(step.get("texts"))},
            {"value": times.get("p50"), "text": seconds(times.get("p50"))},
            {"value": times.get("mean"), "text": seconds(times.get("mean"))},
        ],
    }


def _missing(part: Json) -> str:
    return f"{part['title']}: {part['status']}, {part.get('reason') or 'the reason was not stored'}"


def _state(state: Json) -> str:
    known = (("driver", "driver", ""), ("sm_clock_mhz", "clock", " MHz"), ("power_limit_w", "power limit", " W"))
    said = [f"{words} {state[key]}{unit}" for key, words, unit in known if state.get(key) is not None]
    return f" ({', '.join(said)})" if said else ""
