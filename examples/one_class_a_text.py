"""One class a text: from a CSV file to a bundle that says how sure it is, and keeps silent where it isn't.

    python examples/one_class_a_text.py                            invented questions
    python examples/one_class_a_text.py questions.csv 0.7          a file of yours, with columns text and label

The most probable class is the answer. Below the probability asked for, here 0.6, the bundle gives none; a text in which
it knows nothing is marked.
"""

import sys
from collections.abc import Sequence
from itertools import product

import tagpress

ASKED = ("who found {}", "when did we find {}", "where is {}", "how many are {}")
KINDS = ("person", "time", "place", "number")
THINGS = ("the river", "these lamps", "gold", "the old bridge", "my coats", "soup", "penguins", "that song", "letters")
ENDS = ("", "please", "today", "and why", "I wonder")


def invented() -> dict[str, list[str]]:
    """Questions, and requests whose kind nobody can tell from the text."""
    pairs = [f"{thing} {end}".strip() for thing, end in product(THINGS, ENDS)]
    rows = [(asked.format(pair), kind) for asked, kind in zip(ASKED, KINDS, strict=True) for pair in pairs]
    rows += [(f"tell me about {pair}", KINDS[n % len(KINDS)]) for n, pair in enumerate(pairs)]
    return {"text": [text for text, _ in rows], "label": [kind for _, kind in rows]}


def main(argv: Sequence[str] | None = None, out: str = "questions-bundle") -> int:
    file, least = [*(sys.argv[1:] if argv is None else argv), "", ""][:2]
    try:
        dataset = tagpress.read_dataset(file or invented(), text="text", labels="label", task="multiclass")
        print(f"{len(dataset.everything)} texts, one of {', '.join(dataset.classes)}")
        linear = tagpress.train("linear", dataset)
        bundle = tagpress.export(tagpress.apply("quantize", linear, dataset, bits=4)[0], out, dataset=dataset)
        careful = tagpress.load(bundle, abstain=float(least or 0.6))
    except tagpress.UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    texts = [*dataset.part("test").texts[:2], "tell me about the sea", "你好"]
    for text, answer in zip(texts, careful.answers(texts), strict=True):
        said = f"{answer.labels[0]} ({answer.probabilities[0]:.2f})" if answer.labels else "not sure enough"
        print(f"{text} -> {said}{'' if answer.known else ', nothing known in it'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
