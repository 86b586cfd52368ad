"""`python -m bench.scaling`: how time, memory and quality of each stage grow with the number of texts."""
