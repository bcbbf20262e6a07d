"""A slider on a log axis, for the number field above it."""

from demos.components.js_component import JsComponent


class LogSlider(JsComponent):
    """Moves a number field on a log axis; the field alone counts. ``value["rate"]`` is shown.

    The markup is a range whose ``data-field`` is the field's name on the page, and whose ends are
    powers of ten.
    """

    SCRIPTS = ("log_slider.js",)


def draw_range(field: str, label: str, low: float, high: float) -> str:
    """The markup of a slider from 10 to the ``low`` to 10 to the ``high``."""
    return (
        f'<input type="range" min="{low:g}" max="{high:g}" step="0.05" value="-3" '
        f'data-field="{field}" aria-label="{label}, log slider">'
    )
