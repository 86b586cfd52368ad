"""The interval of each score over documents: by a closed form where there is one, else by an effective number of texts.

Chosen by simulation (`bench.simulation.score_intervals`, docs/calibration.md). The percentile bootstrap, which came
before, covered as little as 10 to 90 % of true scores near 1 and with few texts, and had no width where nothing was
wrong. Every interval here has a width, stays in the metric's range and holds its value. Where few texts bear on a
score (fewer than about 10 positives) it errs on the wide side.

Sources: those of `baselines.scores.closed_forms`; Korn and Graubard, "Confidence intervals for proportions with small
expected number of positive counts estimated from survey data" (1998), the effective number; Hall, "On the removal of
skewness by transformation" (1992), means of skewed losses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from baselines.scores.answers import Answers, Floats
from baselines.scores.closed_forms import Z, area_ends, class_f1, matthews_ends, mean_of_two, wilson
from baselines.scores.judging import METRICS, log_loss
from baselines.scores.metrics import divide
from baselines.task import LabelMatrix

# (answers, value, resampled values) -> lower and upper end
Form = Callable[[Answers, float, Floats], tuple[float, float]]

# Texts with a mistake that the assumption of one independent right or wrong a text counts for, beside those found.
_PRIOR_MISTAKES = 4.0
# The same for average precision, in positives.
_PRIOR_POSITIVES = 0.5
# By how many times the bootstrap's own estimate of bias an end moves out: it sees a half to a third of the bias, the
# less, the more a score hangs on classes with one or two texts.
_BIAS, _BIAS_OF_RARE = 2.0, 3.0
# The highest loss of a text: its true class got 1e-7.
_LEAST = 1e-7


def ends_of(name: str, answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    """The two-sided 95 % interval of one metric over documents.

    Args:
        name: of the metric.
        answers: of one model, with n >= 1 texts.
        value: the metric on them.
        samples: (B,) the metric on resampled texts; forms that need no resample don't read it.

    Returns:
        Lower and upper end: inside the metric's range, around the value, the lower one below the upper one.
    """
    low, high = FORMS[name](answers, value, samples)
    least, most = (0.0, 1.0) if METRICS[name].bounded else (-1.0, 1.0) if name == "mcc" else (0.0, np.inf)
    return float(max(min(low, value), least)), float(min(max(high, value), most))


def class_intervals(truth: LabelMatrix, decided: LabelMatrix) -> dict[str, NDArray[np.float64]]:
    """95 % intervals over documents of each class's `precision`, `recall` and `f1`; float64 (n_classes, 2) each.

    Wilson's for precision, a share of the texts that were given the class, and for recall, a share of those that have
    it; F1 by `class_f1`. A class that no text has, or none was given, has [0, 1]: nothing is known of it.
    """
    tp, fp, fn = Answers(truth, decided).totals
    found = {"precision": wilson(tp, tp + fp), "recall": wilson(tp, tp + fn), "f1": class_f1(tp, fp, fn)}
    return {name: np.stack(ends, axis=1) for name, ends in found.items()}


def effective(
    value: float, deviation: float, n: float, mistakes: float, prior: float = _PRIOR_MISTAKES
) -> tuple[float, float]:
    """Wilson's interval of a score as if it were a share of so many texts as its deviation speaks for.

    `n_eff = n / d`; the design effect `d = deviation² n / (value (1 - value))` is drawn to 1 by a prior, since with
    few mistakes the deviation is itself hardly known: `(mistakes d + prior) / (mistakes + prior)`.

    Args:
        value: the score, 0 to 1.
        deviation: standard deviation of its resamples.
        n: texts, or positives where only they bear on the score; 0: nothing is known, [0, 1].
        mistakes: how many of them have a mistake.
        prior: weight of d = 1, in mistakes.
    """
    inner = value * (1 - value)
    design = deviation**2 * n / inner if inner > 0 else 1.0
    design = (mistakes * design + prior) / (mistakes + prior)
    low, high = wilson(value * n / design, n / design)
    return float(low), float(high)


def _share(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    low, high = wilson(value * len(answers.truth), len(answers.truth))
    return float(low), float(high)


def _of_texts(answers: Answers, value: float, samples: Floats, times: float = _BIAS) -> tuple[float, float]:
    """Scores of several classes: an effective number of texts, each end moved out where the bootstrap sees a bias."""
    n, deviation = len(answers.truth), float(samples.std())
    mistakes = float((answers.truth != answers.decided).any(axis=1).sum())
    bias = times * (float(samples.mean()) - value)
    low, _ = effective(min(max(value - max(bias, 0.0), 0.0), 1.0), deviation, n, mistakes)
    _, high = effective(min(max(value - min(bias, 0.0), 0.0), 1.0), deviation, n, mistakes)
    return low, high


def _of_rare(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    """The same for scores that hang on rare classes."""
    return _of_texts(answers, value, samples, _BIAS_OF_RARE)


def _macro(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    """Macro F1 over the classes that some text has; the others count as 0 in the value and in both ends.

    F1 bends downwards, so a class with few texts gets less on average than its true F1. The upper end moves out by the
    mean of that: `-½ F''(J) J (1 - J) / m`, with J = tp / m, m = tp + fp + fn, drawn to that of all classes together.
    """
    share = answers.n_occurring / max(answers.truth.shape[1], 1)
    if not share:
        return 0.0, 1.0
    tp, fp, fn = _counts(answers)
    some = tp + fn > 0
    named = (tp + fp + fn)[some]
    every = float(divide(tp.sum(), (tp + fp + fn).sum()))
    jaccard = (tp[some] + 2 * every) / (named + 2)
    bend = float((2 / (1 + jaccard) ** 3 * jaccard * (1 - jaccard) / named).mean())
    low, _ = _of_rare(answers, value / share, samples / share)
    _, high = _of_rare(answers, min(value / share + bend, 1.0), samples / share + bend)
    return low * share, high * share


def _precision(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    tp, fp, _ = _cells(answers)
    low, high = wilson(tp, tp + fp)
    return float(low), float(high)


def _recall(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    tp, _, fn = _cells(answers)
    low, high = wilson(tp, tp + fn)
    return float(low), float(high)


def _f1(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    low, high = class_f1(*_cells(answers))
    return float(low), float(high)


def _balanced_accuracy(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    tp, fp, fn = _cells(answers)
    negative = len(answers.truth) - tp - fn
    return mean_of_two((tp, tp + fn), (negative - fp, negative))


def _matthews(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    """As `matthews_ends`; pseudo-counts see too many mistakes where there are few, so the upper end is at least that of
    (m + 1) / 2 as a share, which is accuracy where both sides are equally frequent.
    """
    tp, fp, fn = _cells(answers)
    n = len(answers.truth)
    low, high = matthews_ends(tp, fp, fn, n - tp - fp - fn)
    _, share = effective((value + 1) / 2, float(samples.std()) / 2, n, fp + fn)
    return low, max(high, 2 * share - 1)


def _average_precision(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    """An effective number of positives (or of negatives, where they are fewer), each a right or wrong."""
    positive = float(answers.truth.sum())
    fewer = min(positive, len(answers.truth) - positive)
    return effective(value, float(samples.std()), fewer, fewer * (1 - value), _PRIOR_POSITIVES)


def _roc_auc(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    positive = float(answers.truth.sum())
    return area_ends(value, float(samples.std()), positive, len(answers.truth) - positive)


def _log_loss(answers: Answers, value: float, samples: Floats) -> tuple[float, float]:
    """Student's t of a mean, with Hall's cubic correction for skewness.

    One text more is taken into the spread: its true class got half the least probability that was seen.
    """
    losses = answers.of_texts(log_loss)
    losses = np.append(losses, min(float(losses.max()) + np.log(2), -np.log(_LEAST) + np.log(2)))
    n, centred = len(losses), losses - losses.mean()
    deviation = float(losses.std(ddof=1)) / np.sqrt(n)
    bent = float((centred**3).mean() / (centred**2).mean() ** 1.5) / np.sqrt(n)
    reach = _student(n - 1)
    return value - deviation * _unbent(reach, bent), value - deviation * _unbent(-reach, bent)


def _unbent(t: float, bent: float) -> float:
    """The quantile of a skewed t that lies where t lies without skewness; `bent` is skewness / sqrt(n)."""
    if abs(bent) < 1e-6:
        return t
    return float(3 / bent * (np.cbrt(1 + bent * (t - bent / 6)) - 1))


def _student(freedom: int) -> float:
    """97.5 % quantile of Student's t, by Cornish and Fisher's expansion; SciPy isn't there where models are served."""
    z, v = Z, float(max(freedom, 2))
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3


def _counts(answers: Answers) -> tuple[Floats, Floats, Floats]:
    """tp, fp, fn of each class."""
    return answers.totals


def _cells(answers: Answers) -> tuple[float, float, float]:
    """tp, fp, fn of the only class."""
    tp, fp, fn = _counts(answers)
    return float(tp[0]), float(fp[0]), float(fn[0])


FORMS: Mapping[str, Form] = {
    "f1_weighted": _of_texts,
    "f1_micro": _of_texts,
    "f1_macro": _macro,
    "exact_match": _share,
    "precision_weighted": _of_rare,
    "recall_weighted": _of_texts,
    "accuracy": _share,
    "log_loss": _log_loss,
    "top_3": _share,
    "f1": _f1,
    "precision": _precision,
    "recall": _recall,
    "balanced_accuracy": _balanced_accuracy,
    "mcc": _matthews,
    "average_precision": _average_precision,
    "roc_auc": _roc_auc,
}
