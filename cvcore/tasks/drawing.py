"""The answers to the five tasks, each drawn on the picture; every function returns a new one."""

import numpy as np

from cvcore.core.drawing import class_colour, draw_heatmap, draw_labelled_boxes
from cvcore.core.images import Picture, as_image
from cvcore.detection.drawing import draw_boxes
from cvcore.segmentation.drawing import DEFAULT_OPACITY, draw_outline, draw_overlay
from cvcore.tasks import Answers

BOX = (255, 127, 14)  # of what localisation finds
NOBODY = (128, 128, 128)  # a person's pixels in no person's box
HEAT = 0.45  # opacity of the map below the box


def draw_answers(image: Picture, answers: Answers) -> dict[str, np.ndarray]:
    """A picture (H, W, 3) a task, by its key."""
    image = as_image(image)
    return {
        "classification": image,
        "localisation": draw_place(image, answers),
        "detection": draw_boxes(image, answers.detections),
        "semantic": draw_overlay(image, answers.mask),
        "instance": draw_instances(image, answers),
    }


def draw_place(image: Picture, answers: Answers) -> np.ndarray:
    """The class's map, and the one box around it."""
    heat = draw_heatmap(image, answers.cam, opacity=HEAT, colormap="inferno", vmin=0)
    if answers.box_xyxy is None:
        return heat
    label = answers.top.labels[0].encode("ascii", "replace").decode()
    return draw_labelled_boxes(heat, np.array([answers.box_xyxy]), [label], [BOX])


def draw_instances(image: Picture, answers: Answers) -> np.ndarray:
    """A colour a person; grey what is a person's but in nobody's box."""
    drawn = as_image(image).copy()
    parts = [(answers.mask & (answers.instances == 0), NOBODY)]
    parts += [
        (answers.instances == number, class_colour(number))
        for number in range(1, len(answers.people) + 1)
    ]
    for part, colour in parts:
        shade = np.array(colour) * DEFAULT_OPACITY
        drawn[part] = np.rint(drawn[part] * (1 - DEFAULT_OPACITY) + shade)
    for part, colour in parts:
        if part.any():
            drawn = draw_outline(drawn, part, colour=colour)
    return drawn
