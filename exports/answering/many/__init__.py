"""Files of texts answered side by side: shards read in columns, answers as files of the same names, by any engine."""
