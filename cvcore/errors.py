"""The one error type whose text is meant for the visitor."""


class InputError(ValueError):
    """A mistake that the visitor can mend.

    Its text is one clear sentence that says what to do; pages show it as it stands.
    """
