"""Every field of a JSON file as tables, made from its schema: one an object, the whole file first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cells import code, prose, table

_BENCH = Path(__file__).resolve().parents[2] / "bench"
# Schema of each file that has a page.
SCHEMAS = {
    "results.json": _BENCH / "results" / "results.schema.json",
    "score.json": _BENCH / "scoring" / "score.schema.json",
}
_HEAD = ("field", "meaning", "type", "range")

Json = Mapping[str, Any]


def field_tables(file: str) -> str:
    """The tables with their headings: the file from its top, then the objects that have names of their own."""
    schema = json.loads(SCHEMAS[file].read_text(encoding="utf-8"))
    named = [text for name, node in schema["$defs"].items() for text in tables_of(name, node, f"${name}.")]
    return "\n\n".join([*tables_of("The whole file", schema, ""), "## Objects with a name", *named])


def tables_of(title: str, node: Json, prefix: str) -> Iterator[str]:
    """An object's table, then those of the objects inside it."""
    rows, inside = [], []
    for name, field in node.get("properties", {}).items():
        inner, place = _innermost(field, prefix + name)
        mark = " *" if name in node.get("required", ()) else ""
        rows.append((code(name) + mark, prose(field.get("description", "")), _type(field, inner, place), _range(field)))
        if "properties" in inner:
            inside.append((place, inner))
    heading = f"### `{title.removeprefix('$')}` {{ #{anchor(prefix)} }}" if prefix else f"### {title}"
    yield "\n\n".join(part for part in (heading, prose(node.get("description", "")), table(_HEAD, rows)) if part)
    for place, inner in inside:
        yield from tables_of(place, inner, f"{place}.")


def anchor(prefix: str) -> str:
    """Of the table whose fields have this prefix; `run.` of the file and the object `run` are two."""
    return f"fields-{re.sub(r'[^a-z0-9_$]+', '-', prefix.rstrip('.[]*')).replace('$', 'of-')}"


def _innermost(field: Json, place: str) -> tuple[Json, str]:
    """What a list holds, or an object whose keys are free; with its place as `models[]`, `folds.models.*`."""
    values = field.get("additionalProperties")
    if "items" in field:
        return _innermost(field["items"], f"{place}[]")
    if isinstance(values, Mapping) and "properties" in values:
        return _innermost(values, f"{place}.*")
    return field, place


def _type(field: Json, inner: Json, place: str) -> str:
    """The type in words; one with a table of its own links to it. Null is allowed nearly everywhere, and not shown."""
    plural = "list of " if inner is not field and "items" in field else "by name: " if inner is not field else ""
    for option in (inner, *inner.get("anyOf", ())):
        if "$ref" in option:
            name = option["$ref"].rpartition("/")[2]
            return f"{plural}[{name}](#{anchor(f'${name}')})"
    if "properties" in inner:
        return f"{plural}[{'objects' if plural else 'object'}](#{anchor(place)})"
    types = inner.get("type", "integer" if "const" in inner else "string" if "enum" in inner else [])
    words = [word for word in ([types] if isinstance(types, str) else types) if word != "null"]
    return plural + " or ".join({"array": "list"}.get(word, word) + ("s" if plural else "") for word in words)


def _range(field: Json) -> str:
    listed = field.get("enum", [field["const"]] if "const" in field else [])
    low, high = field.get("minimum"), field.get("maximum", field.get("exclusiveMaximum"))
    if high is not None:
        return f"{low} to {high}" + ("" if "maximum" in field else ", without the end")
    return f"≥ {low}" if low is not None else ", ".join(code(str(value)) for value in listed)
