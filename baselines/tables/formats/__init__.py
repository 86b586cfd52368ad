"""One file a form of data: delimited text, plain lines, JSON, columns on disk, workbooks."""
