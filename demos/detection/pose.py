"""Pose: seventeen points of each person, and how MoveNet's four maps become them."""

from dataclasses import dataclass, field
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.checks import check_setting, check_whole, show
from cvcore.core.errors import InputError
from cvcore.core.images import as_image, shrink, to_data_uri
from cvcore.core.timing import Stopwatch
from cvcore.detection.pose import DEFAULT_THRESHOLD, KEYPOINTS, SMALL, Pose
from cvcore.detection.pose_drawing import STEPS
from demos import components as ui
from demos import lesson
from demos.detection.views import draw_page, draw_table

TITLE = "Pose"
EACH, ONE = "each one found", "one alone"
SKELETON = "skeleton"
SHOWS = (SKELETON, *STEPS)
SHOWN_SIDE = 1280  # pixels
CANNOT = "Hollow and dashed: a guess, often of a hidden joint. Who it is, it cannot tell."
NOBODY = "No person was found, so the whole picture was looked at."
NO_JOINT = (
    "No joint reaches the threshold: there is probably no person here. Lower the threshold to see "
    "what was guessed."
)
EXPLAINED = {
    STEPS[0]: "Where is a person's centre? The map counts more the nearer it is to the middle; its "
    "greatest cell is the white point. So one person is chosen.",
    STEPS[1]: "From that cell alone the network guesses where all seventeen points lie: a first "
    "guess, a few cells off.",
    STEPS[2]: "How likely is this joint anywhere in the picture? Other people have one, too.",
    STEPS[3]: "The heat map, divided by the distance from the guess (ring) plus 1.8 cells: the "
    "greatest cell (white) is this person's own joint.",
    STEPS[4]: "A cell is 1/48 of the square, too coarse: two more numbers move the point from the "
    "cell's corner (ring) to where it is.",
}


@dataclass(frozen=True)
class PoseSettings:
    """How sure a point must be, who is looked at, and what is shown."""

    threshold: float = DEFAULT_THRESHOLD  # share, 0 to 1
    people: str = EACH
    show: str = SKELETON  # one of ``SHOWS``
    joint: str = "left shoulder"  # one of ``KEYPOINTS``
    person: float | None = 1  # whose numbers and steps; the surest is 1


@dataclass(frozen=True, eq=False)
class PoseState:
    """A picture and the poses in it: threshold, joint and step act on it without the network."""

    image: np.ndarray = field(repr=False)
    poses: list[Pose] = field(repr=False)
    has_people: bool  # found by the detector, or not looked for


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """``value`` if it is one of ``choices``, else InputError."""
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}; got {show(value)}.")
    return value


def find_poses(
    image: np.ndarray | None, settings: PoseSettings
) -> tuple[str, str, dict, str, PoseState]:
    """Run the networks once: the drawing, the table, the numbers, latency, and what to keep."""
    image = as_image(image)
    watch = Stopwatch()
    state = look(image, settings.people)
    watch.lap("networks")
    drawn = redraw(state, settings)
    watch.lap("drawing")
    return *drawn, ui.badge(watch.ms), state


def look(image: np.ndarray, people: str) -> PoseState:
    """Everyone whom the detector finds, or one person in the whole picture."""
    pose = cvcore.detection.pose
    check_choice("People", people, (EACH, ONE))
    poses = pose.predict_people(image) if people == EACH else [pose.predict_pose(image)]
    return PoseState(image, poses or [pose.predict_pose(image)], bool(poses))


@lesson.keep_here
def redraw(state: PoseState | None, settings: PoseSettings) -> tuple[str, str, dict]:
    """The drawing, the table and the numbers, by what is kept."""
    if state is None:
        raise InputError("Choose a picture first.")
    threshold = check_setting("The threshold", settings.threshold, 0, 1)
    step = check_choice("What is shown", settings.show, SHOWS)
    joint = KEYPOINTS.index(check_choice("The joint", settings.joint, KEYPOINTS))
    number = choose_person(state, settings.person)
    pose = state.poses[number - 1]
    drawing = cvcore.detection.pose_drawing
    if step == SKELETON:
        picture = drawing.draw_poses(state.image, state.poses, threshold=threshold)
        if len(state.poses) > 1:
            picture = drawing.draw_numbers(picture, state.poses)
        said = " ".join(tell(state, threshold))
    else:
        picture = drawing.draw_step(state.image, pose, step, joint)
        said = EXPLAINED[step]
    html = draw_page(
        f'<img class="shown" alt="{step}" src="{to_data_uri(shrink(picture, SHOWN_SIDE))}">'
    )
    numbers = describe(state, threshold)
    table = draw_joints(numbers["poses"][number - 1], number, threshold)
    if NO_JOINT in said:
        table = ""
    return html, draw_page(f'<p class="big">{escape(said)}</p>', table), numbers


def choose_person(state: PoseState, number: float | None) -> int:
    """Whose numbers are shown; on a picture with fewer people the first one's."""
    wanted = check_whole("The number of the person", 1 if number is None else number, 1, 10_000)
    return wanted if wanted <= len(state.poses) else 1


def tell(state: PoseState, threshold: float) -> list[str]:
    """What there is to know of this answer, a sentence each."""
    said = []
    if not state.has_people:
        said.append(NOBODY)
    if len(state.poses) > 1:
        said.append(
            f"{len(state.poses)} people: each was cut out by its box, as MoveNet finds one at a "
            "time."
        )
    if not any((pose.confidence >= threshold).any() for pose in state.poses):
        said.append(NO_JOINT)
    sides = [max(pose.box[2:] - pose.box[:2]) for pose in state.poses if pose.box is not None]
    small = sum(side < SMALL for side in sides)
    if small:
        who = "One person is" if small == 1 else f"{small} people are"
        said.append(f"{who} under {SMALL} pixels high: too small for its points to be trusted.")
    return [*said, CANNOT]


def describe(state: PoseState, threshold: float) -> dict:
    """The poses as numbers, in the picture's pixels and in degrees."""
    rows = [
        {
            "box": None if pose.box is None else pose.box.round(1).tolist(),
            "points": [
                {"name": name, "x": round(float(x), 1), "y": round(float(y), 1),
                 "confidence": round(float(sure), 3)}
                for name, (x, y), sure in zip(KEYPOINTS, pose.xy, pose.confidence, strict=True)
            ],
            "angles": {
                name: None if angle is None else round(angle, 1)
                for name, angle in pose.angles(threshold).items()
            },
        }
        for pose in state.poses
    ]  # fmt: skip
    return {"has_people": state.has_people, "poses": rows, "said": tell(state, threshold)}


def draw_joints(pose: dict, number: int, threshold: float) -> str:
    """One person's confidences and angles, the left side beside the right one."""
    points = {point["name"]: point["confidence"] for point in pose["points"]}

    def cells(name: str) -> list[str]:
        sure, angle = points[name], pose["angles"].get(name)
        kind = "" if sure >= threshold else ' class="soft"'
        return [f"<span{kind}>{sure:.2f}</span>", "" if angle is None else f"{angle:.0f}°"]

    parts = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    rows = [["nose", *cells("nose"), "", ""]]
    rows += [[part, *cells(f"left {part}"), *cells(f"right {part}")] for part in parts]
    heads = [f"No. {number}", "left", "angle", "right", "angle"]
    return f'<div class="joints">{draw_table(heads, rows)}</div>'


def answer(image: np.ndarray | None, settings: PoseSettings) -> dict:
    """The poses of a picture as numbers, for a call through the API."""
    state = look(as_image(image), settings.people)
    return redraw(state, settings)[2]


def build(tab: lesson.Tab, picture: gr.Image, lazy: lesson.LazyTabs) -> None:
    """The skeletons on the visitor's picture, the steps that lead to them, and the numbers."""
    with tab.stage.controls(TITLE):
        threshold = ui.Slider(
            0, 1, PoseSettings.threshold, step=0.01, label="Threshold of a joint",
            elem_id="detection-pose-threshold",
        )  # fmt: skip
        people = ui.Radio((EACH, ONE), value=EACH, label="People")
        shown = ui.Dropdown(
            list(SHOWS), value=SKELETON, label="Show", elem_id="detection-pose-show"
        )  # fmt: skip
        with gr.Row(elem_classes=["side-by-side", "always"]):
            joint = ui.Dropdown(
                list(KEYPOINTS), value=PoseSettings.joint, label="Joint", min_width=120, scale=2
            )
            person = ui.Number(1, precision=0, minimum=1, label="Person", min_width=60)
        table = gr.HTML(label="joints", elem_id="detection-pose-table")
    with tab.stage.told(TITLE):
        badge = ui.Badge(label="timings")
    with tab.stage.view(TITLE) as section:
        view = gr.HTML(label="pose", elem_id="detection-pose", elem_classes=["fill"])
        numbers = gr.JSON(visible=False, label="numbers")
        state = gr.State()
    settings = lesson.Controls(
        PoseSettings, threshold=threshold, people=people, show=shown, joint=joint, person=person
    )
    lazy.add(
        TITLE, section, find_poses, [picture], [view, table, numbers, badge, state], api_name=None,
        controls=[people.input], follows=[picture.change], settings=settings,
    )  # fmt: skip
    tab.run(
        [threshold.input, shown.input, joint.input, person.input], redraw, [state],
        [view, table, numbers], api_name=None, kind="stream", settings=settings,
    )  # fmt: skip
    call = lesson.Controls(PoseSettings, **settings.parts)
    tab.endpoint(answer, [picture], numbers, settings=call, api_name="detection_pose")
