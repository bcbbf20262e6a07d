"""A path through the latent space as a video: frames to GIF and to MP4, in memory."""

import io
from collections.abc import Iterator

import numpy as np

from cvcore.core import images, video
from cvcore.core.checks import check_setting, check_whole
from cvcore.engine.isolation import undisturbed


def order_frames(count: int, *, is_closed: bool) -> list[int]:
    """Which of ``count`` pictures follow each other, so that a video repeats without a jump.

    A closed walk goes round, its last picture being its first; any other path goes there and back.
    """
    if is_closed:
        return list(range(max(1, count - 1)))
    return [*range(count), *range(count - 2, 0, -1)]


@undisturbed
def render_videos(
    pictures: np.ndarray, *, seconds: float, side: int, is_closed: bool = False
) -> Iterator[tuple[int, int, tuple[bytes, bytes] | None]]:
    """A GIF and an MP4 of pictures uint8 (N, S, S, 3), enlarged to ``side`` pixels.

    After each frame its number, how many there are, and None; at the end both videos in its place.
    Closing the generator ends the work.
    """
    from PIL import Image

    seconds = check_setting("The length in seconds", seconds, 0.1, 600)
    side = check_whole("The side", side, 16, 4096)
    places = order_frames(len(pictures), is_closed=is_closed)
    fps = max(1.0, min(30.0, len(places) / seconds))
    frames, gif, mp4 = [], io.BytesIO(), io.BytesIO()
    with video.VideoWriter(mp4, fps) as writer:
        for done, place in enumerate(places):
            large = images.resize(pictures[place], (side, side))
            writer.write(large)
            frames.append(Image.fromarray(large).quantize(256, dither=Image.Dither.NONE))
            yield done + 1, len(places), None
    first, *others = frames
    first.save(gif, "GIF", save_all=True, append_images=others, duration=round(1000 / fps), loop=0)
    yield len(places), len(places), (gif.getvalue(), mp4.getvalue())
