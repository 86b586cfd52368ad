"""A study within a given time: what the steps will take by a few timed chunks, and what is left out for it."""
