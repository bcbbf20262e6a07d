"""Films of any kind, written by PyAV alone."""

import av


def write_film(path, frames, *, codec="libx264", form="yuv420p", rate=10, aspect=None, **options):
    """A film by PyAV alone, so that any of its properties can be set."""
    tags = {name: options.pop(name) for name in list(options) if name.startswith("color")}
    pictures = [
        one if isinstance(one, av.VideoFrame) else av.VideoFrame.from_ndarray(one) for one in frames
    ]
    own = {name: options.pop(name) for name in ("movflags",) if name in options}
    with av.open(str(path), "w", options=own) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].height, pictures[0].width
        stream.pix_fmt, stream.options = form, {k: str(v) for k, v in options.items()}
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        for picture in pictures:
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path
