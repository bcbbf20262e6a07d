"""A map in numbers, as calls through the API get it."""

from typing import TYPE_CHECKING, Any

from cvcore.engine import registry

if TYPE_CHECKING:
    from cvcore.saliency import Saliency


def to_numbers(result: "Saliency") -> dict[str, Any]:
    """What was explained, how long it took, and the scores; these are None before they are
    measured."""
    labels, scores = registry.load_labels(result.model), result.scores
    return {
        "method": result.method,
        "model": result.model,
        "class_index": result.class_idx,
        "label": labels[result.class_idx],
        "minus": None if result.minus_class is None else labels[result.minus_class],
        "square_xyxy": [int(edge) for edge in result.crop_xyxy],  # the part that the network sees
        "seconds": result.seconds,
        "share_done": result.share_done,
        "deletion_auc": result.deletion_auc,
        "insertion_auc": result.insertion_auc,
        "drop": scores and scores.drop,  # of the probability in the picture seen through its map
        "increase": scores and scores.is_increase,
        "window_xyxy": result.window_xyxy and list(result.window_xyxy),  # of the 224 x 224 pixels
        "curves": scores
        and {
            "share_of_pixels": scores.shares.tolist(),
            "deletion": scores.deletion.tolist(),
            "insertion": scores.insertion.tolist(),
        },
    }
