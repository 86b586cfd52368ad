"""Fields of a results.json that its schema, and so the documentation, doesn't know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench.results.file import SCHEMA

_WHOLE: Mapping[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))


def undescribed(value: Any, node: Mapping[str, Any] = _WHOLE, place: str = "") -> set[str]:
    """Places of the fields in `value` that `node` doesn't list; objects that the schema leaves open count as listed."""
    node = _resolved(node)
    if isinstance(value, list):
        return set().union(*(undescribed(item, node.get("items", {}), f"{place}[]") for item in value))
    known, others = node.get("properties"), node.get("additionalProperties")
    if not isinstance(value, dict) or (known is None and not isinstance(others, dict)):
        return set()
    found: set[str] = set()
    for name, item in value.items():
        below = (known or {}).get(name, others if isinstance(others, dict) else None)
        found |= {f"{place}.{name}"} if below is None else undescribed(item, below, f"{place}.{name}")
    return found


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            node = _WHOLE["$defs"][node["$ref"].split("/")[-1]]
        else:
            node = next(option for option in node["anyOf"] if option.get("type") != "null")
    return node
