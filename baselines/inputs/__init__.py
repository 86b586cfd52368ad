"""Files that a user names: what they must be before they are opened, and how much of them is read.

Standard library only.
"""
