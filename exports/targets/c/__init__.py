"""C99 from a bundle: one file and its header, for any compiler and any CPU."""
