"""scikit-learn pipelines become parents: read into our own data, exactly, and proven on texts, or refused by name.

Imports scikit-learn; what comes out of it doesn't.
"""

from compress.foreign.pipelines.adopt import adopt_pipeline
from compress.foreign.pipelines.files import read_pipeline

__all__ = ["adopt_pipeline", "read_pipeline"]
