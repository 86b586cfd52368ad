"""A bundle of form onnx as a Triton model repository: `NAME/config.pbtxt`, `NAME/1/model.onnx`, `NAME/labels.txt`.

The graph reads ids, so whoever calls the server turns texts into ids with `alphabet.json` (`runtime.load(...).encode`).
Source of the fields: model_config.proto of NVIDIA Triton Inference Server. What is written is parsed back with
protobuf's own text parser against the part of that schema used here, and compared with the graph's inputs and outputs.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from baselines.errors import ArtifactError
from baselines.escaping.lines import line_of
from baselines.task import LabelSpace
from compress.kinds.onnx_graph import POOLED
from compress.onnx_files.session import open_session
from exports.runtime.bundle_format import ALPHABET, ONNX_FILE, VOCABULARY, needed_files, read_bundle

MAX_BATCH = 64
LABELS_TXT = "labels.txt"
_ONNX_TYPES = {"TYPE_INT64": "tensor(int64)", "TYPE_FP32": "tensor(float)"}
# message -> (field name, number, type, repeated); a type in capitals is another message or enumeration of this schema.
_SCHEMA: dict[str, list[tuple[str, int, str, bool]]] = {
    "ModelConfig": [
        ("name", 1, "string", False),
        ("backend", 17, "string", False),
        ("max_batch_size", 4, "int32", False),
        ("input", 5, "ModelInput", True),
        ("output", 6, "ModelOutput", True),
        ("instance_group", 7, "ModelInstanceGroup", True),
        ("default_model_filename", 8, "string", False),
        ("dynamic_batching", 11, "ModelDynamicBatching", False),
        # A map is on the wire, and in text, a repeated message of keys and values.
        ("parameters", 14, "ParametersEntry", True),
    ],
    "ModelInput": [
        ("name", 1, "string", False),
        ("data_type", 2, "DataType", False),
        ("dims", 4, "int64", True),
        ("reshape", 5, "ModelTensorReshape", False),
    ],
    "ModelOutput": [
        ("name", 1, "string", False),
        ("data_type", 2, "DataType", False),
        ("dims", 3, "int64", True),
        ("label_filename", 4, "string", False),
    ],
    "ModelTensorReshape": [("shape", 1, "int64", True)],
    "ModelInstanceGroup": [("count", 2, "int32", False), ("kind", 4, "Kind", False)],
    "ParametersEntry": [("key", 1, "string", False), ("value", 2, "ModelParameter", False)],
    "ModelParameter": [("string_value", 1, "string", False)],
    "ModelDynamicBatching": [("max_queue_delay_microseconds", 2, "uint64", False)],
}
_ENUMS = {"DataType": {"TYPE_INT64": 9, "TYPE_FP32": 11}, "Kind": {"KIND_AUTO": 0, "KIND_CPU": 2}}


def write_repository(bundle: Path, root: Path, name: str) -> Path:
    """Write the model's folder below `root`.

    Args:
        bundle: of form onnx; it is checked first.
        root: the model repository, made when it isn't there.
        name: of the model in the server.

    Returns:
        the model's folder.

    Raises:
        ArtifactError: another form, or a folder that is there already.
    """
    content = read_bundle(bundle)
    if content.form == "linear":
        # ONNX's TfIdfVectorizer counts n-grams of single words or numbers: it knows neither n-grams of characters that
        # stay inside words, nor a norm over buckets, nor any text cleaning, so a graph would answer otherwise.
        raise ArtifactError(
            f"{bundle}: a linear bundle counts n-grams of cleaned texts, which no ONNX graph does as it does; Triton "
            "serves the table form's model as form onnx, and docs/serving.md says how to serve this bundle over HTTP"
        )
    if content.form != "onnx":
        raise ArtifactError(
            f"{bundle}: Triton needs a bundle of form onnx, got {content.form}; export it with --form onnx where "
            "its kind has that form"
        )
    folder = root / name
    if folder.exists():
        raise ArtifactError(f"{folder}: already there; remove it or choose another folder")
    max_batch = 1 if content.manifest.get("kind") == "onnx-int8" else MAX_BATCH
    text = config_text(name, content.space, max_batch)
    check_config(text, (bundle / ONNX_FILE).read_bytes())
    (folder / "1").mkdir(parents=True)
    shutil.copyfile(bundle / ONNX_FILE, folder / "1" / ONNX_FILE)
    for reader in needed_files("onnx", content.manifest.get("kind")) & {ALPHABET, VOCABULARY}:
        shutil.copyfile(bundle / reader, folder / reader)
    (folder / LABELS_TXT).write_text("".join(f"{line_of(label)}\n" for label in content.classes), encoding="utf-8")
    (folder / "config.pbtxt").write_text(text, encoding="utf-8")
    return folder


def config_text(name: str, space: LabelSpace, max_batch: int = MAX_BATCH) -> str:
    """config.pbtxt. `lengths` has no dimension besides the batch, which Triton writes as a reshape to nothing.

    Its parameters say how a row is decided: the task, and of a binary one the name of the negative side. With Triton's
    classification request (`class_count`) the names of `labels.txt` come back with the probabilities, largest first:
    of multiclass the first one is the answer.
    """
    negative = _parameter("negative", space.names[0]) if space.task == "binary" else ""
    return f"""name: {_quoted(name)}
backend: "onnxruntime"
default_model_filename: "{ONNX_FILE}"
max_batch_size: {max_batch}
input [
  {{ name: "ids" data_type: TYPE_INT64 dims: [ -1 ] }},
  {{ name: "lengths" data_type: TYPE_INT64 dims: [ 1 ] reshape: {{ shape: [ ] }} }}
]
output [
  {{ name: "probabilities" data_type: TYPE_FP32 dims: [ {len(space.classes)} ] label_filename: "{LABELS_TXT}" }}
]
instance_group [ {{ count: 1 kind: KIND_AUTO }} ]
dynamic_batching {{ max_queue_delay_microseconds: 100 }}
{_parameter("task", space.task)}{negative}"""


def _parameter(key: str, value: str) -> str:
    return f'parameters {{ key: "{key}" value {{ string_value: {_quoted(value)} }} }}\n'


def _quoted(text: str) -> str:
    """A text of protobuf's text form: what could end it, or can't be seen, as octal bytes of its UTF-8."""
    return '"' + "".join(map(_quoted_byte, text.encode("utf-8", "replace"))) + '"'


def _quoted_byte(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}"


def parse_config(text: str) -> Any:
    """The configuration as a protobuf message; ArtifactError for an unknown field, a wrong type or bad syntax."""
    from google.protobuf import text_format  # type: ignore[import-untyped, unused-ignore]

    try:
        return text_format.Parse(text, _message_class()())
    except text_format.ParseError as error:
        raise ArtifactError(f"config.pbtxt: {error}") from None


def check_config(text: str, model: bytes) -> None:
    """Raise ArtifactError unless the configuration is well formed and fits the graph."""
    config = parse_config(text)
    session = open_session(model, 1, ONNX_FILE)
    pairs = [(config.input, session.get_inputs()), (config.output, session.get_outputs())]
    for configured, actual in pairs:
        # What serves long texts in stretches may be left out.
        needed = [entry for entry in actual if entry.name != POOLED]
        if [entry.name for entry in configured] != [entry.name for entry in needed]:
            raise ArtifactError(f"config.pbtxt: names differ from the graph's {[entry.name for entry in needed]}")
        for ours, theirs in zip(configured, needed, strict=True):
            data_type = ours.DESCRIPTOR.fields_by_name["data_type"].enum_type.values_by_number[ours.data_type].name
            dims = [-1 if isinstance(size, str) else size for size in theirs.shape[1:]]
            own = list(ours.reshape.shape) if hasattr(ours, "reshape") and ours.HasField("reshape") else list(ours.dims)
            if _ONNX_TYPES[data_type] != theirs.type or own != dims:
                raise ArtifactError(
                    f"config.pbtxt: {ours.name} is {theirs.type} {dims} in the graph, got {data_type} {own}"
                )


def _message_class() -> Any:
    from google.protobuf import (  # type: ignore[import-untyped, unused-ignore]
        descriptor_pb2,
        descriptor_pool,
        message_factory,
    )

    file = descriptor_pb2.FileDescriptorProto(name="model_config_part.proto", package="part", syntax="proto3")
    for enum, values in _ENUMS.items():
        entry = file.enum_type.add(name=enum)
        entry.value.add(name=f"{enum}_UNSET" if 0 not in values.values() else "KIND_AUTO", number=0)
        for value, number in values.items():
            if number:
                entry.value.add(name=value, number=number)
    for message, fields in _SCHEMA.items():
        holder = file.message_type.add(name=message)
        for name, number, kind, repeated in fields:
            field = holder.field.add(name=name, number=number, label=3 if repeated else 1)
            if kind in _SCHEMA or kind in _ENUMS:
                field.type = field.TYPE_MESSAGE if kind in _SCHEMA else field.TYPE_ENUM
                field.type_name = f".part.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("part.ModelConfig"))
