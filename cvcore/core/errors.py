"""The errors whose texts are meant for the visitor."""

import errno


class InputError(ValueError):
    """A mistake that the visitor can mend.

    Its text is one clear sentence that says what to do; pages show it as it stands.
    """


class NoPictureError(InputError):
    """A picture is asked for, and none was given."""


class UnfitPictureError(InputError):
    """A picture can be read, but nothing can be made of it."""


class SetupError(RuntimeError):
    """Something that whoever runs the page must mend: a file that is missing or damaged.

    Its text is one clear sentence; pages show it as it stands, and it goes to the log.
    """


class PictureWarning(UserWarning):
    """What was assumed about a picture that does not say it, such as how many bits it has.

    Its text is one clear sentence; pages show it as it stands.
    """


def is_disk_full(error: BaseException) -> bool:
    """True when a file could not be written for want of room, or beyond a quota."""
    codes = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return isinstance(error, OSError) and error.errno in codes
