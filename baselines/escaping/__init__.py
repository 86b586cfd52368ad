"""Names and texts of other people, so that what shows them does nothing with them: one module a form.

Standard library only; `terminal` needs rich.
"""
