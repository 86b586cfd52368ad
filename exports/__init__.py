"""Room 3: ONNX graphs, deployable folders, and the runtime that serves them without torch."""
