"""The recommended model in the page: what `exports.targets.js` makes of its bundle, the same module as users get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from baselines.errors import ArtifactError
from exports.runtime.load_bundle import load
from exports.targets.js.content import content_of
from exports.targets.source import Source, cleanings_of, open_source

# A page of 5 MB must also hold the charts' library. So many numbers also take seconds to code.
MAX_NUMBERS = 2_500_000


def payload_of(bundle: Path) -> tuple[dict[str, Any] | None, str]:
    """Content for the page's script to run the bundle, or None and the reason why it can't be run there.

    Raises:
        ArtifactError: the bundle is damaged.
    """
    predictor = load(bundle, engine="numpy")
    try:
        source = open_source(bundle)
        cleanings_of(source)
    except ArtifactError as error:
        return None, f"{predictor.bundle.form}: {str(error).removeprefix(f'{bundle}: ')}"
    if (n := numbers_of(source)) > MAX_NUMBERS:
        return None, f"its tables hold {n:,} numbers, more than the {MAX_NUMBERS:,} a page may hold"
    return content_of(source), ""


def numbers_of(source: Source) -> int:
    """Small numbers that a model is made of."""
    if source.rows is not None:
        return int((source.rows.levels != 0).sum()) + sum(map(len, source.rows.vectorizer.names))
    assert source.stored is not None
    return sum(values.size for values in source.stored.parts().values())
