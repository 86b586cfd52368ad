"""The benchmarks of `pytest bench/ --benchmark-only`, and the models they time.

It imports `measure`, `cost` and the earlier rooms; nothing imports it but `bench/conftest.py`.
"""
