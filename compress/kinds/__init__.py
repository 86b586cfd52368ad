"""The classifiers that methods make, and the ONNX graphs they run as.

It imports `formats`; methods, the registry and the exports import it.
"""
