"""Adopt: a text CNN that was made and trained elsewhere becomes a `CharCNNClassifier`, exactly, and proves it.

The layers are read from the module (`compress.foreign.text_cnn`); then both answer the same texts, and their logits
must agree.

Exact are all conventions with one window a character, that is, with f - 1 zero vectors around a text for a width f:
`padding="same"` and its equals, causal ones (all zeros in front) and any other split, which taps of zero bring to the
middle. "Valid" windows are refused: ours also has those that hang over an edge. A ReLU at the maximum, before or behind
it, is exact; so is a BatchNorm before it. Any other non-linearity is refused. Texts are compared as they are, without
padding: where a module's answer depends on how far its batch is padded, ours is the one that it gives without. A text
without characters counts as one zero vector.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from baselines.errors import DataError, NotCompressible
from baselines.models.cnn import CharCNN, CharCNNClassifier, CharCNNShape, CNNConfig
from baselines.networks.torch_state import seeded
from baselines.task import LabelSpace, Task
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import MAX_CHARACTERS, PAD_ID, Tokenizer
from compress.foreign.agreement import Asked, IdMatrix, find_call, given_texts, prove, text_to_read, texts_to_try
from compress.foreign.conv_branch import Branch
from compress.foreign.layer_trace import Call
from compress.foreign.text_cnn import TextCNN, check_layers, read_text_cnn, widest_filter
from compress.method import Receipt

INSTEAD = (
    "As it is, the module can still teach a student, and prune_weights, round_weights and int8_linear apply to it: see "
    "compress.foreign.any_module"
)
_CLEANING = Cleaning("course")


def adopt(
    module: nn.Module,
    tokenizer: Tokenizer,
    classes: Sequence[str],
    *,
    task: Task = "multilabel",
    negative: str = "",
    rows: Sequence[int] | None = None,
    thresholds: Sequence[float] | None = None,
    call: Call | None = None,
    sample_ids: Sequence[Sequence[int]] | None = None,
    config: CNNConfig | None = None,
    seed: int = 0,
) -> tuple[CharCNNClassifier, Receipt]:
    """Take over a trained text CNN, so that every method applies to it.

    Args:
        module: one `nn.Embedding`, parallel `nn.Conv1d` or `nn.Conv2d` with one window a character, each perhaps with a
            BatchNorm right behind, a ReLU or none, the maximum over time, dropout, one or two `nn.Linear` without a
            non-linearity between them; gives logits. It is copied and stays as it is.
        tokenizer: of the texts. It cleans them first, see `baselines.text.cleaning`.
        classes: names of the outputs, in order; of a binary task the positive one alone.
        task: what the logits mean, which the module doesn't say. `multilabel`: each class has a probability of its own,
            its logit's sigmoid. `multiclass`: the softmax over all of them, as after `CrossEntropyLoss`. `binary`: one
            output, the sigmoid of its logit; a module with two outputs is multiclass.
        negative: binary only, the name of what isn't the positive class.
        rows: the module's id for each of the tokenizer's, as `tokenizer_of` gives them; None where they are the same.
        thresholds: one a class, in [0, 1]; None is 0.5, and of multiclass 0: the largest probability decides. Higher
            ones let it abstain.
        call: `(module, ids (B, L), lengths (B,)) -> logits (B, C)`, run with a copy of the module; None takes
            `module(ids)` or else `module(ids, lengths)`.
        sample_ids: texts to compare on, by the tokenizer's ids above 0; None takes every id alone and repeated, and
            random texts of several lengths.
        config: of the classifier's further training, where a method trains; its sizes and cleaning are replaced.
        seed: of the random texts.

    Returns:
        the classifier, in float32 on the CPU, and a receipt with what was found and how closely the two agree.

    Raises:
        NotCompressible: the module computes something else; says where, on which text, by how much, what it looks like.
    """
    net = copy.deepcopy(module).cpu().float().eval()
    try:
        check_layers(net)
        own = _module_ids(net, tokenizer, rows)
        space = _space(classes, task, negative, thresholds)
        widest = widest_filter(net)
        texts = texts_to_try(len(own), widest, seed) if sample_ids is None else given_texts(sample_ids, len(own))
        ids = own[torch.from_numpy(text_to_read(texts, widest))]
        asked = Asked(net, call or find_call(net, ids.repeat(2, 1)), own, len(classes))
        read = read_text_cnn(net, asked.checked, ids)
        read, network, facts = _proven(read, own, asked, texts)
    except NotCompressible as refusal:
        raise NotCompressible(f"adopt: {refusal}. {INSTEAD}") from None
    trained = replace(config or CNNConfig(), cleaning=tokenizer.cleaning.name, stem=tokenizer.cleaning.stem)
    chosen = None if thresholds is None else np.asarray(thresholds, np.float32)
    try:
        classifier = CharCNNClassifier.from_module(network, tokenizer, space, chosen, trained)
    except ValueError as error:  # a layer beyond what a config may hold
        raise NotCompressible(f"adopt: {error}. {INSTEAD}") from None
    return classifier, _receipt(net, network, read, tokenizer, facts)


def _proven(
    read: TextCNN, rows: Tensor, asked: Asked, texts: Sequence[IdMatrix]
) -> tuple[TextCNN, CharCNN, dict[str, Any]]:
    """What was read, our network of it, and how closely the two agree; NotCompressible where they don't."""
    network = as_char_cnn(read, rows)
    try:
        return read, network, prove(network, asked, texts)
    except NotCompressible as refusal:
        if read.relu is not None:
            raise
        # In the text that was read no ReLU had anything to cut off; others show whether there is one.
        read = replace(read, relu=True)
        network = as_char_cnn(read, rows)
        try:
            return read, network, prove(network, asked, texts)
        except NotCompressible:
            raise refusal from None


def tokenizer_of(
    vocabulary: Mapping[str, int], *, padding: int = 0, unknown: int = 1, cleaning: Cleaning = _CLEANING
) -> tuple[Tokenizer, tuple[int, ...]]:
    """A tokenizer for a vocabulary of the user's own, and the `rows` by which `adopt` finds the embeddings.

    Args:
        vocabulary: character -> id. Longer entries, such as "<pad>", are allowed for the two special ids only.
        padding: id of the padding.
        unknown: id of a character that isn't in the vocabulary; the padding's, where there is none of its own.
        cleaning: of a text, before its characters are read. Characters that never come out of it are never read.

    Returns:
        the tokenizer, whose ids are 0 for padding, 1 for unknown and then the characters in the order of their own
        ids; and the own id of each of these.

    Raises:
        NotCompressible: words in the vocabulary, more than 254 characters, or a negative id.
    """
    special = {padding, unknown}
    words = sorted(entry for entry, number in vocabulary.items() if len(entry) != 1 and number not in special)
    characters = sorted((entry for entry in vocabulary if len(entry) == 1), key=lambda entry: vocabulary[entry])
    if words:
        raise NotCompressible(f"vocabulary: a character CNN reads single characters, got {words[0]!r}")
    if not 1 <= len(characters) <= MAX_CHARACTERS:
        raise NotCompressible(f"vocabulary: from 1 to {MAX_CHARACTERS} characters are allowed, got {len(characters)}")
    rows = (padding, unknown, *(vocabulary[character] for character in characters))
    if min(rows) < 0:
        raise NotCompressible(f"vocabulary: ids from 0 on are allowed, got {min(rows)}")
    return Tokenizer("".join(characters), cleaning), rows


def as_char_cnn(read: TextCNN, rows: Tensor) -> CharCNN:
    """Our network with the layers that were read.

    Args:
        read: from `read_text_cnn`.
        rows: the module's id for each of ours, (V,); our padding gets the zero vector whatever stands there.
    """
    by_width: dict[int, list[Branch]] = {}
    for branch in sorted(read.branches, key=lambda branch: branch.weight.shape[2]):
        by_width.setdefault(branch.weight.shape[2], []).append(branch)
    network = _empty(read, len(rows), tuple((w, sum(len(b.bias) for b in group)) for w, group in by_width.items()))
    with torch.no_grad():
        network.embedding.weight.copy_(read.embedding[rows])
        network.embedding.weight[PAD_ID] = 0.0
        for weight, bias, group in zip(network.weights, network.biases, by_width.values(), strict=True):
            weight.copy_(torch.cat([branch.weight for branch in group]))
            bias.copy_(torch.cat([branch.bias for branch in group]))
        layers = [network.fc2] if network.fc1 is None else [network.fc1, network.fc2]
        order = torch.cat([branch.columns for group in by_width.values() for branch in group])
        for n, (layer, (weight, bias)) in enumerate(zip(layers, read.linears, strict=True)):
            layer.weight.copy_(weight[:, order] if n == 0 else weight)
            layer.bias.copy_(bias)
    return network


def _empty(read: TextCNN, n_ids: int, filters: tuple[tuple[int, int], ...]) -> CharCNN:
    sizes = [len(bias) for _, bias in read.linears]
    shape = CharCNNShape(
        n_ids=n_ids,
        n_classes=sizes[-1],
        embedding_dim=read.embedding.shape[1],
        filters=filters,
        hidden_dim=sizes[0] if len(sizes) == 2 else 0,
        dropout=read.dropout,
        relu=bool(read.relu),
    )
    with seeded(0):  # initial weights that nobody keeps must not move the caller's generator
        return CharCNN(shape).eval()


def _module_ids(module: nn.Module, tokenizer: Tokenizer, rows: Sequence[int] | None) -> Tensor:
    """The module's id for each of the tokenizer's, (V,)."""
    (embedding,) = (layer for layer in module.modules() if isinstance(layer, nn.Embedding))
    n_ids, n_rows = tokenizer.n_ids, embedding.num_embeddings
    if rows is None and n_rows != n_ids:
        raise NotCompressible(
            f"the embedding has {n_rows} ids, the tokenizer {n_ids} (padding, unknown and {n_ids - 2} characters); "
            "where the module has a vocabulary of its own, take tokenizer and rows from tokenizer_of"
        )
    chosen = range(n_ids) if rows is None else rows
    if len(chosen) != n_ids or min(chosen) < 0 or max(chosen) >= n_rows:
        raise NotCompressible(f"rows: {n_ids} ids from 0 to {n_rows - 1} are needed, got {len(chosen)}: {list(chosen)}")
    return torch.tensor(list(chosen))


def _space(classes: Sequence[str], task: Task, negative: str, thresholds: Sequence[float] | None) -> LabelSpace:
    """What the module answers, as the user says."""
    if isinstance(classes, str) or len(set(classes)) != len(classes) or not classes:
        raise NotCompressible(f"classes: a list of distinct names is needed, got {classes!r}")
    if thresholds is not None and len(thresholds) != len(classes):
        raise NotCompressible(f"thresholds: one for each of {len(classes)} classes is needed, got {len(thresholds)}")
    if negative and task != "binary":
        raise NotCompressible(f"negative: only binary has a name for what isn't its class, the task is {task}")
    try:
        return LabelSpace(tuple(classes), task, negative)
    except DataError as error:
        two = "; a module with an output for each side is multiclass" if task == "binary" else ""
        raise NotCompressible(f"{error}{two}") from None


def _receipt(
    module: nn.Module, network: CharCNN, read: TextCNN, tokenizer: Tokenizer, facts: Mapping[str, Any]
) -> Receipt:
    before, after = (sum(p.numel() for p in net.parameters()) for net in (module, network))
    agree = (
        f"{facts['texts']} texts answered alike, logits at most {facts['largest_difference']:.1e} of their size apart"
    )
    notes = [f"read: {read}", agree]
    if facts["several_lengths"] == "differs":
        notes.append("its own answers depend on the padding of a batch; ours are those it gives a text without padding")
    # A letter that is a stop word by itself is read inside of words.
    name = tokenizer.cleaning.name
    read_as = Cleaning("letters" if name == "course" else name)
    lost = [character for character in tokenizer.alphabet if character != " " and read_as(character) != character]
    if lost:
        notes.append(
            f"{len(lost)} characters of the alphabet, such as {lost[-1]!r}, are never read: cleaning takes them out"
        )
    found = {
        "parameters_before": before,
        "parameters_after": after,
        "filters": [list(f) for f in network.shape.filters],
    }
    return Receipt("adopt", before, 4 * after, tuple(notes), {**found, **facts})
