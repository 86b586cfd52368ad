"""The embedded sample: synthetic projects and their tags, CC0."""
