"""The options of commands that spread their work: `--engine` and `--store`."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

from baselines.cluster.engines import engine_of
from baselines.errors import UserError


def add_engine_options(parser: ArgumentParser) -> None:
    """Add `--engine` and `--store`."""
    group = parser.add_argument_group("more machines")
    group.add_argument(
        "--engine",
        type=_engine_text,
        default="local",
        metavar="ENGINE",
        help="where steps are made: local (processes here), ray (the cluster that this machine belongs to, else one "
        "started here), or ray://HOST:PORT of a running cluster (default: local)",
    )
    group.add_argument(
        "--store",
        type=_store_url,
        default=None,
        metavar="URL",
        help="keep the run's steps at an address that all machines reach, such as s3://bucket/folder",
    )


def _engine_text(text: str) -> str:
    try:
        return str(engine_of(text))
    except UserError as error:
        raise ArgumentTypeError(str(error).removeprefix("--engine ")) from None


def _store_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or not scheme.replace("+", "").isalnum() or not rest.strip("/") or not text.isprintable():
        raise ArgumentTypeError(f"{text!r}: an address such as s3://bucket/folder or file:///folder is needed")
    return text.rstrip("/")
