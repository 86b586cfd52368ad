"""Students that learn a teacher's answers: `apply` and its `DistillConfig`."""

from compress.methods.distill.distill_config import DistillConfig
from compress.methods.distill.student import apply

__all__ = ["DistillConfig", "apply"]
