"""An adopted model that answers in the classes of a data set: their names and order, in place of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from baselines.errors import NotCompressible
from baselines.task import LabelSpace, Link
from compress.kinds.adopted_linear import AdoptedLinear

# The logit of a class that the model never learned of: its probability is next to nothing.
_NEVER = -50.0


def with_classes(model: AdoptedLinear, space: LabelSpace, names: Mapping[str, str] | None = None) -> AdoptedLinear:
    """The same model with the classes of a space.

    Args:
        model: only read.
        space: of the data: its classes and task.
        names: the model's own name of each class of the space, where it differs.

    Raises:
        NotCompressible: another task; a class that the space doesn't have; a tree without one of the space's.
    """
    own = model.space_
    if own.task != space.task:
        raise NotCompressible(f"it answers task {own.task}, the texts ask {space.task}; adopt it with that task")
    called = {name: (names or {}).get(name, name) for name in space.classes}
    if unknown := sorted(set(own.classes) - set(called.values())):
        raise NotCompressible(f"its class {unknown[0]!r} isn't one of the texts'; give texts with all of its classes")
    place = {name: column for column, name in enumerate(own.classes)}
    columns = [place.get(called[name], -1) for name in space.classes]
    shares = tuple(own.shares[column] if column >= 0 else 0.0 for column in columns) if own.shares else ()
    vectorizer, weights, intercept = model.exact
    link = model.link
    if link.name == "tree":
        if min(columns) < 0:
            missing = space.classes[columns.index(-1)]
            raise NotCompressible(f"it doesn't know the class {missing!r}, and a tree can't be given one more")
        link = Link("tree", tuple(link.paths[column] for column in columns))
    else:
        weights = np.vstack([weights, np.zeros((1, weights.shape[1]))])[columns]
        intercept = np.append(intercept, _NEVER)[columns]
    chosen = replace(space, shares=shares, answers_unknown=own.answers_unknown)
    made = AdoptedLinear.of(vectorizer, weights, intercept, chosen, link, model.config)
    thresholds = np.append(model.thresholds_, made.thresholds_[:1])[columns]
    made.accept(chosen, thresholds.astype(np.float32))
    return made
