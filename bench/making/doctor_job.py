"""The data's doctor as a job that another process does while models are trained."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.classifier import ignore_progress
from baselines.doctor.step import STEP, doctor_step
from bench.engine.jobs import Job
from bench.making.workshop import Workshop


def doctor_job(workshop: Workshop, name: str, after: Sequence[str], seconds: float) -> Job:
    """A job that makes the doctor's step.

    Args:
        workshop: of the run; the job works on one of its own.
        name: of the job.
        after: names of jobs that choose the cleaning, which is all that the doctor reads of models.
        seconds: expected.
    """
    apart = workshop.apart({}, lambda step: ignore_progress)

    def make() -> bool:
        doctor_step(apart.run, apart.dataset)
        return apart.run.is_sound(STEP)

    return Job(name, make, frozenset(after), seconds, {"kind": "doctor"})
