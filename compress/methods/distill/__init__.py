"""Students that learn a teacher's answers: `apply` and its `DistillConfig`."""

from compress.methods.distill.student import DistillConfig, apply

__all__ = ["DistillConfig", "apply"]
