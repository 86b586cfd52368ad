"""Students that learn a teacher's answers: `apply` and its `DistillConfig`."""
