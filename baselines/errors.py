"""Every error a user can cause, in one hierarchy, so that a command can turn it into one message and an exit code.

A message names the file, the row, the column, what was allowed, what came, and the next step.
"""

from __future__ import annotations


class UserError(Exception):
    """A mistake the user can mend. Commands print its message without a traceback and exit with `exit_code`."""

    exit_code = 2


class DataError(UserError):
    """A data file that can't be read, or that holds too little to learn from."""


class DownloadError(DataError):
    """A pinned file that couldn't be fetched, or whose checksum differs."""


class ArtifactError(UserError):
    """A saved classifier or bundle that is damaged, incomplete, hostile, or of another format version."""


class RunFolderError(UserError):
    """A run folder that belongs to other data, to another version, or lacks a stage."""


class NotCompressible(UserError):
    """A method that doesn't apply to a model, or would change nothing. Says why, and what would apply."""


class Diverged(NotCompressible):
    """A network whose training ended in weights that are no numbers, or far too large. Says what to change."""


class BudgetError(UserError):
    """A budget that no candidate meets. Carries the nearest one; exit code 1, since the search itself worked."""

    exit_code = 1


class MeasurementError(UserError):
    """A measurement that can't be made, or that can't be trusted."""


class MissingExtra(UserError):
    """An optional dependency that isn't installed. Says the exact command that installs it."""


class ClusterError(UserError):
    """A cluster that doesn't answer or doesn't fit, or a worker that is lost for good. Names the node."""


class StoreError(UserError):
    """An object store that refuses, or holds what was not written there. Names the address."""
