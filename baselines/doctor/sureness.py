"""How sure one may be that a label is wrong, from how much the others contradict it.

`f1` is what contradiction would look like for wrong labels: the same texts asked about labels drawn at random. `f` is
what it looks like for the labels as they are. If a share ε of them is wrong at random, `f = (1 - ε) f0 + ε f1`, so a
label with contradiction m is wrong with probability `ε f1(m) / f(m)`: the local false discovery rate the other way
round (Efron 2001). ε is the largest share the data allow, the least `P(f ≥ m) / P(f1 ≥ m)` over m (Blanchard, Lee and
Scott, "Semi-supervised novelty detection", 2010); the ratio `f1 / f` rises with m, fitted by isotonic regression.

So 0.8 means: of ten labels contradicted as much, about eight are wrong, if errors are random; real ones are subtler,
and texts that are hard but right stand beside them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Of the contradiction of labels drawn at random: beyond its median so few labels lie that their least ratio is noise.
_QUANTILES = np.linspace(0.1, 0.5, 9)
# Fewer labels show no distribution.
_LEAST = 20
MOST_SURE = 0.99


def sureness(observed: Floats, at_random: Floats) -> tuple[Floats, float]:
    """Probability that each label is wrong, and the estimated share of wrong ones.

    Args:
        observed: contradiction of each label as it is, any unit, larger is more; (n,).
        at_random: contradiction of labels drawn at random for the same texts; (m,).

    Returns:
        float64 (n,) in 0..0.99, rising with `observed`, and ε in 0..1; zeros where there are fewer than 20 of either.
    """
    if min(len(observed), len(at_random)) < _LEAST:
        return np.zeros(len(observed)), 0.0
    # Imported here: reading the command's options needs no scikit-learn.
    from sklearn.isotonic import IsotonicRegression

    share = share_wrong(observed, at_random)
    values = np.concatenate([observed, at_random])
    sides = np.repeat([0.0, 1.0], [len(observed), len(at_random)])
    weights = np.repeat([1 / len(observed), 1 / len(at_random)], [len(observed), len(at_random)])
    fitted = IsotonicRegression(out_of_bounds="clip").fit(values, sides, sample_weight=weights)
    mixed = np.clip(fitted.predict(observed), 0.0, 1 - 1e-9)  # f1 / (f1 + f)
    found: Floats = np.minimum(share * mixed / (1 - mixed), MOST_SURE)
    return found, share


def share_wrong(observed: Floats, at_random: Floats) -> float:
    """ε: the largest share of labels drawn at random that the observed contradictions leave room for.

    Counts are taken one standard error higher than they are: the least of several noisy ratios is too small.
    """
    cuts = np.quantile(at_random, _QUANTILES)
    counts = np.array([np.count_nonzero(observed >= cut) for cut in cuts])
    shares = np.array([np.mean(at_random >= cut) for cut in cuts])
    return float(min(1.0, ((counts + np.sqrt(counts + 1)) / (len(observed) * shares)).min()))
