"""A bundle answers texts: NumPy, and onnxruntime for graphs; neither torch nor scikit-learn.

It imports `kernel` and the torch-free wings of the earlier rooms.
"""

from exports.runtime.answer import Answer
from exports.runtime.load_bundle import load
from exports.runtime.predictor import Predictor

__all__ = ["Answer", "Predictor", "load"]
