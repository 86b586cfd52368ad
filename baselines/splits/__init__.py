"""Who stands in which part: stratified, covered, by groups, by time, as published; and texts that stand in two."""
