"""Names and texts of other people."""
