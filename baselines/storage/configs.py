"""Configs from JSON and from Python: each field of a frozen dataclass holds the type and the range it declares.

A manifest or a `--config` file is written by anybody. What its numbers ask for is checked here, by the annotations of
the fields, before anything of that size is made. A library for this (msgspec, pydantic) would be one more compiled
package for whoever loads an artifact, and would name fields by its own paths and words.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from baselines.errors import ArtifactError
from baselines.storage.ranges import Between, Length, Named

Config = TypeVar("Config")
_MOST_SHOWN = 60
_DECLARED: dict[type[Any], dict[str, Any]] = {}
_MOST_ENTRIES = 10_000
_TYPES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def config_from_json(kind: type[Config], content: Mapping[str, Any]) -> Config:
    """Undo `dataclasses.asdict` and JSON; raises ArtifactError naming the field that doesn't fit."""
    try:
        return kind(**{name: with_tuples(value) for name, value in content.items()})
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"config: {error}; was it written by another version?") from None


def with_tuples(value: Any) -> Any:
    """JSON lists as the tuples that configs hold."""
    return tuple(map(with_tuples, value)) if isinstance(value, list) else value


class CheckedFields:
    """A frozen dataclass whose fields hold what their annotations say; a subclass with checks of its own calls this."""

    def __post_init__(self) -> None:
        """Raise ValueError naming the field, what is allowed and what came."""
        for name, declared in _declared(type(self)).items():
            check_value(name, declared, getattr(self, name))


def check_candidates(config: Any) -> None:
    """Raise ValueError unless each of `config.candidates` replaces fields of the config by what they may hold."""
    declared = _declared(type(config))
    for number, candidate in enumerate(config.candidates, 1):
        for name, value in candidate.items():
            if name not in declared or name == "candidates":
                allowed = ", ".join(own for own in declared if own != "candidates")
                raise ValueError(f"candidates, entry {number}: allowed are {allowed}, got {shown(name)}")
            check_value(f"candidates, entry {number}, {name}", declared[name], with_tuples(value))


def without_fields(candidates: Sequence[Mapping[str, Any]], names: Collection[str]) -> tuple[Mapping[str, Any], ...]:
    """The candidates without some fields, each once; none where nothing is left to choose."""
    left = [{name: value for name, value in each.items() if name not in names} for each in candidates]
    distinct = tuple(each for at, each in enumerate(left) if each not in left[:at])
    return distinct if len(distinct) > 1 else ()


def _declared(kind: type[Any]) -> dict[str, Any]:
    # Reading annotations takes longer than checking by them.
    if kind not in _DECLARED:
        hints = get_type_hints(kind, include_extras=True)
        _DECLARED[kind] = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    return _DECLARED[kind]


def check_value(place: str, declared: Any, value: Any) -> None:
    """Raise ValueError unless the value is what an annotation declares.

    Args:
        place: of the value, such as the field's name.
        declared: int, float, bool, str, None, Literal, tuple, Mapping, their unions, and Annotated with words of
            `baselines.storage.ranges`. A whole number is taken for a float, true and false for no number.
        value: what came.
    """
    if not _fits(declared, value):
        raise ValueError(f"{place}: expected {said(declared)}, got {shown(value)}")


def _fits(declared: Any, value: Any) -> bool:
    origin, inner = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _fits(inner[0], value) and all(_keeps(rule, value) for rule in inner[1:])
    if origin in (Union, UnionType):
        return any(_fits(each, value) for each in inner)
    if origin is Literal:
        return any(type(value) is type(each) and value == each for each in inner)
    if origin is tuple or declared is tuple:
        return isinstance(value, tuple) and len(value) <= _MOST_ENTRIES and _all_fit(inner, value)
    if declared is Any:
        return True
    if declared is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)
    if isinstance(declared, type) and declared in (int, bool, str, NoneType):
        return isinstance(value, declared) and (declared is bool or not isinstance(value, bool))
    # What is left are mappings by name.
    if not isinstance(value, Mapping) or len(value) > _MOST_ENTRIES:
        return False
    return all(isinstance(key, str) and (not inner or _fits(inner[1], each)) for key, each in value.items())


def _all_fit(inner: tuple[Any, ...], value: tuple[Any, ...]) -> bool:
    if not inner:
        return True
    if len(inner) == 2 and inner[1] is Ellipsis:
        return all(_fits(inner[0], each) for each in value)
    return len(inner) == len(value) and all(map(_fits, inner, value))


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond what a float holds
        return False


def _keeps(rule: Any, value: Any) -> bool:
    if isinstance(rule, Between):
        return rule.holds(value)
    if isinstance(rule, Length):
        return rule.low <= len(value) <= rule.high
    return not isinstance(rule, Named) or value in rule.words


def said(declared: Any) -> str:
    """An annotation in words, for messages."""
    origin, inner = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _said_rule(said(inner[0]), inner[1])
    if origin in (Union, UnionType):
        return " or ".join("null" if each is NoneType else said(each) for each in inner)
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return f"a list, each entry {said(inner[0])}"
    if origin is tuple:
        return f"a list of {len(inner)}: {'; '.join(map(said, inner))}"
    if declared is tuple:
        return "a list"
    return _TYPES.get(declared, "an object")


def _said_rule(kind: str, rule: Any) -> str:
    if isinstance(rule, Between):
        return f"{kind} {rule}"
    if isinstance(rule, Named):
        return f"one of {', '.join(rule.words)}"
    return f"{kind} of {rule.low} to {rule.high:,} {'characters' if kind == _TYPES[str] else 'entries'}"


def shown(value: Any) -> str:
    """A value for a message: a part of it, however large it is."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "a whole number of more than 60 digits"
    if isinstance(value, list | tuple | Mapping) and len(value) > _MOST_SHOWN:
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value):,} entries"
    text = repr(value[: _MOST_SHOWN + 1]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
