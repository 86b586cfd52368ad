"""A bundle as a model folder that the Hugging Face Hub takes: card with metadata, `config.json`, the bundle as it is.

Sources: "Model cards" of the Hub's documentation and its specification of a card's metadata (`modelcard.md`); field
names of `config.json` as transformers writes them. Nothing is looked up or sent anywhere.

Fields that would have to be guessed are left out: the language, ids of data sets, and the model that this one was made
from, unless that is named as the Hub names models.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baselines.escaping.visible import cut, one_line
from baselines.scores.judging import METRICS
from exports.runtime.bundle_format import BundleContent, read_bundle
from exports.targets.about import LICENCES, card_of, contents_of, licence_of, name_within, spdx_of, write_files
from exports.targets.source import Target

_PROBLEM = {"multilabel": "multi_label_classification"}
# (metric, average) by the names of our own metrics; those that the Hub has no name for keep ours.
_METRICS: Mapping[str, tuple[str, str]] = {
    "f1_weighted": ("f1", "weighted"),
    "f1_micro": ("f1", "micro"),
    "f1_macro": ("f1", "macro"),
    "precision_weighted": ("precision", "weighted"),
    "recall_weighted": ("recall", "weighted"),
    "mcc": ("matthews_correlation", ""),
}
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_MOST_NAME = 200
_ATTRIBUTES = "".join(f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in ("onnx", "safetensors"))
_EXAMPLE = '''"""python example.py "a text": what this model says of it. It needs tagpress, and no network."""

import sys
from pathlib import Path

import tagpress

predictor = tagpress.load(Path(__file__).resolve().parent / "bundle")
texts = sys.argv[1:] or ["Classifying short texts with a character CNN in PyTorch"]
for text, answer in zip(texts, predictor.answers(texts), strict=True):
    print(ascii(text), "->", answer.to_json())
'''
_USE = """
```python
import tagpress

predictor = tagpress.load("FOLDER/bundle")
print(predictor.predict(["A text to tag"]))
```

`FOLDER` is this folder. Download it with `hf download OWNER/NAME --local-dir FOLDER`: in the Hub's cache files are
links, which a bundle may not hold. `python example.py "A text to tag"` does the same.

The licence named above is that of the texts it was trained on.
"""


def write_hub(bundle: Path, out: Path, target: Target) -> list[Path]:
    """Write a bundle of any form as a model folder.

    Args:
        bundle: folder of the bundle; it is checked first.
        out: folder to write into.
        target: its `name` is the model's.

    Returns:
        the files that were written, the card first.

    Raises:
        ArtifactError: the bundle is damaged.
    """
    content = read_bundle(bundle)
    config = json.dumps(config_of(content), indent=2, allow_nan=False) + "\n"
    files = {"README.md": readme_of(content, target.name), "config.json": config}
    files |= {"example.py": _EXAMPLE, ".gitattributes": _ATTRIBUTES}
    return write_files(out, {**files, **{f"bundle/{name}": data for name, data in contents_of(content).items()}})


def readme_of(bundle: BundleContent, name: str) -> str:
    """The model card under its metadata, YAML between two lines of dashes."""
    import yaml

    written = yaml.safe_dump(metadata_of(bundle, name), sort_keys=False, allow_unicode=True, width=1 << 16)
    return f"---\n{written}---\n\n{card_of(bundle, _USE)}"


def metadata_of(bundle: BundleContent, name: str) -> dict[str, Any]:
    """A card's metadata, by the names of the Hub's specification."""
    kind = str(bundle.manifest["kind"])
    found: dict[str, Any] = {
        **_licence(licence_of(bundle)),
        "library_name": "tagpress",
        "pipeline_tag": "text-classification",
        "tags": list(dict.fromkeys(["tagpress", "text-classification", bundle.space.task, bundle.form, kind])),
    }
    parent = bundle.manifest.get("lineage", {}).get("parent")
    if isinstance(parent, str) and _HUB_ID.fullmatch(parent):
        found["base_model"] = parent
    measured = _measured(bundle)
    if measured:
        found["metrics"] = list(dict.fromkeys(metric["type"] for metric in measured))
        task = {"type": "text-classification", "name": "Text classification"}
        result = {"task": task, "dataset": _dataset(bundle), "metrics": measured}
        found["model-index"] = [{"name": name, "results": [result]}]
    return found


def config_of(bundle: BundleContent) -> dict[str, Any]:
    """`config.json`: the names by number as transformers has them, and what of ours stands beside."""
    kind, space = str(bundle.manifest["kind"]), bundle.space
    return {
        "architectures": ["Tagpress" + "".join(part.capitalize() for part in kind.split("-"))],
        "model_type": "tagpress",
        "problem_type": _PROBLEM.get(space.task, "single_label_classification"),
        "num_labels": len(space.names),
        "id2label": {str(number): name for number, name in enumerate(space.names)},
        "label2id": {name: number for number, name in enumerate(space.names)},
        "tagpress": {
            "bundle": "bundle",
            "form": bundle.form,
            "format_version": bundle.manifest["format_version"],
            "name": name_within(bundle),
            "task": space.task,
            "thresholds": [float(str(threshold)) for threshold in bundle.thresholds],
        },
    }


def _licence(stated: str) -> dict[str, str]:
    spdx = spdx_of(stated)
    if spdx:
        return {"license": LICENCES[spdx]}
    return {"license": "unknown"} if stated == "unknown" else {"license": "other", "license_name": _slug(stated)}


def _dataset(bundle: BundleContent) -> dict[str, str]:
    dataset = bundle.manifest.get("lineage", {}).get("dataset", {})
    stated = dataset.get("name") if isinstance(dataset, dict) else None
    name = cut(one_line(str(stated or "unknown")).strip() or "unknown", _MOST_NAME)
    return {"type": _slug(name), "name": name}


def _slug(name: str) -> str:
    """A name as the Hub's ids are written; "unknown" where nothing of it can be."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.") or "unknown"


def _measured(bundle: BundleContent) -> list[dict[str, Any]]:
    """The manifest's figures, what choices were made by first; what is no finite number is left out."""
    figures, judged_by = bundle.manifest.get("metrics", {}), bundle.manifest.get("judged_by")
    found = []
    for name in sorted(figures, key=lambda name: name != judged_by):
        stated = figures[name]
        value = stated.get("value") if isinstance(stated, dict) else stated
        if isinstance(value, int | float) and math.isfinite(value):
            kind, average = _METRICS.get(name, (cut(one_line(name), _MOST_NAME), ""))
            title = METRICS[name].title if name in METRICS else kind
            metric: dict[str, Any] = {"type": kind, "value": value, "name": title}
            found.append({**metric, "args": {"average": average}} if average else metric)
    return found
