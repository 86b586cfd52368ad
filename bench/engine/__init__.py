"""The steps of a study spread over processes or machines, and made again when a worker is lost."""
