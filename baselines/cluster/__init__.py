"""More machines: which engine is meant, and a cluster that is fit for the work or refused by name."""
