"""What a bundle needs to answer: the form of each member of an ensemble, and third-party packages."""

from __future__ import annotations

from typing import Any

from baselines.classifier import Classifier

_TITLES = {"numpy": "NumPy", "onnxruntime": "onnxruntime", "nltk": "nltk (stems of words)"}


def form_of_member(member: Classifier) -> str:
    """The form that an ensemble ships a member as: the first that needs no onnxruntime, else the recommended one."""
    return next((form for form in member.forms if form != "onnx"), member.forms[0])


def packages_of(classifier: Classifier, form: str) -> tuple[str, ...]:
    """Distributions that a bundle of this form needs to predict, their own requirements not included."""
    source: Any = classifier
    if form == "ensemble":
        members = [packages_of(member, form_of_member(member)) for member in source.members_.values()]
        return tuple(dict.fromkeys(package for packages in members for package in packages))
    found = ("numpy", "onnxruntime") if form == "onnx" else ("numpy",)
    return (*found, "nltk") if "nltk" in classifier.packages else found


def needs_said(classifier: Classifier, form: str) -> str:
    """The same for the model card."""
    packages = [_TITLES[package] for package in packages_of(classifier, form)]
    return f"{packages[0]} alone" if len(packages) == 1 else ", ".join(packages)
