"""How long it takes: processes, interleaved rounds, cold starts, GPU, the machine they ran on.

It imports `cost`; `study` and the benchmark suite import it. Verdict and report never do.
"""
