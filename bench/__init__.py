"""Room 4: what every model costs and is worth, and the report that says which one to ship."""
