"""What a loaded bundle endures: many callers, forks, thousands of answers and loads, one enormous text.

It imports the runtime alone, and judges answers and memory, never speed.
"""
