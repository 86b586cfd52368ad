"""The report's sections: each turns results into short texts for a template."""
