"""ONNX files of our own, read strictly without the package onnx, and opened in onnxruntime.

It imports nothing of the room; kinds, methods and the exports may import it.
"""
