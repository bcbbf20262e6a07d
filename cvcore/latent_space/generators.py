"""The generators that there are."""

from dataclasses import dataclass

from cvcore.core.errors import InputError


@dataclass(frozen=True)
class GeneratorInfo:
    """A generator of the page."""

    name: str
    title: str
    weight: str  # its row, and the discriminator's
    discriminator: str
    side: int  # pixels
    channels: int
    classes: int  # 0: none
    depth: int  # parts that an inner latent can have: the first map's and one for each block


GENERATORS = {
    info.name: info
    for info in (
        GeneratorInfo("faces", "Faces, 64 × 64", "gan_faces", "gan_faces_d", 64, 3, 0, 5),
        GeneratorInfo("digits", "Digits, 32 × 32", "gan_digits", "gan_digits_d", 32, 1, 10, 4),
    )
}


def get_info(name: str) -> GeneratorInfo:
    """The generator called ``name``; InputError lists the known ones."""
    try:
        return GENERATORS[name]
    except (KeyError, TypeError):
        known = ", ".join(GENERATORS)
        raise InputError(f"There is no generator {name!r}: choose one of {known}.") from None
