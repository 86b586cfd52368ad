"""From a CSV file with texts and tags to a bundle that runs without torch.

    python examples/own_csv_to_bundle.py texts.csv bundle --separator ";"

Trains a character CNN, rounds its tables to 4 bits, writes the bundle, and says at each step what it costs.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

import tagpress


def options() -> ArgumentParser:
    parser = ArgumentParser(description="From a CSV file with texts and tags to a bundle.")
    parser.add_argument("file")
    parser.add_argument("out")
    parser.add_argument("--text", default="text", help="column of the texts")
    parser.add_argument("--tags", default="tags", help="column of the tags")
    parser.add_argument("--separator", default=";", help="between two tags of a text")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--bits", type=int, default=4)
    return parser


def make_bundle(asked: Namespace) -> None:
    dataset = tagpress.read_dataset(asked.file, text=asked.text, labels=asked.tags, separator=asked.separator)
    print(f"read: {len(dataset.everything)} texts, {len(dataset.classes)} classes")
    for note in dataset.notes:
        print(f"note: {note}")
    cnn = tagpress.train("cnn", dataset, epochs=asked.epochs)
    small, receipt = tagpress.apply("quantize", cnn, dataset, bits=asked.bits)
    metric = dataset.everything.judged_by
    print(f"quantized: {metric} on validation fell by {receipt.facts['validation_fall']:.3f}")
    bundle = tagpress.export(small, asked.out, name=f"cnn-int{asked.bits}", dataset=dataset)
    size = sum(path.stat().st_size for path in bundle.iterdir())
    print(f"written: {bundle}, {size:,} bytes")
    # A validation text: the test part is for the one final figure.
    text = dataset.part("validation").texts[0]
    print(f"{text[:60]} -> {', '.join(tagpress.load(bundle).predict([text])[0]) or 'no tag'}")


def main(argv: Sequence[str] | None = None) -> int:
    try:
        make_bundle(options().parse_args(argv))
    except tagpress.UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
