"""One command for a GPU: everything that needs CUDA, measured within minutes, into one file.

It needs NumPy and torch; onnxruntime and NVIDIA's library where they are there. `bench.gpu_check` calls it, the report
shows its file.
"""
