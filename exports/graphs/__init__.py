"""Classifiers as ONNX graphs.

It imports the earlier rooms; `bundles` imports it.
"""
