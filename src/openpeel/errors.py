"""The one family of errors that openpeel raises on purpose.

Each message says what was wrong, where, and what to do; each class carries the exit code that the
terminal ends with.
"""


class OpenpeelError(Exception):
    """Anything a person can mend; never a bare traceback."""

    exit_code = 1


class NotKnown(OpenpeelError):
    """A name that openpeel does not know: a force, an indicator, a cycle, a period, a table."""


class NotComparable(OpenpeelError):
    """Two things that must not be compared, with the reason."""


class FrameworkError(OpenpeelError):
    """A grade, question or cycle that the framework does not contain."""


class DefinitionError(OpenpeelError):
    """What does not hold together: a data file of openpeel's, or what is to be put on record."""


class NotComputable(OpenpeelError):
    """A figure that the data at hand cannot give, with the reason."""


class MethodError(OpenpeelError):
    """Input that a statistical method is not defined for."""


class FileRefused(OpenpeelError):
    """One file or archive member that cannot be taken; the rest of a load goes on."""

    exit_code = 2


class LoadRefused(OpenpeelError):
    """A whole load or list that cannot go on; what was there is as it was."""

    exit_code = 3


class LakeError(OpenpeelError):
    """The lake cannot be read or written: missing, locked, made by something we do not honour."""

    exit_code = 3


class NotAllowed(OpenpeelError):
    """A move or a write that the records refuse: the role, the state, and what would allow it."""


class Stale(OpenpeelError):
    """A write onto something that somebody else has changed meanwhile; nothing was overwritten."""


class RecordsError(OpenpeelError):
    """The records cannot be read or written, or are not what was written."""

    exit_code = 3
