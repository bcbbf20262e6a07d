// Rectangles with words on a picture, as cvcore.core.drawing draws them: at the same places, in the
// same colours; the letters are the browser's.
import {roundEven} from './numbers.mjs';

const MOST_LABELS = 12;  // on one picture: more hide what they name

/** @typedef {[number, number, number]} Colour red, green, blue: 0 to 255 */
/** @typedef {number[]} Box x1, y1, x2, y2 in pixels */
/** @typedef {[number, number, number]} TextSize width, height above the base line, below it: pixels */
/** @typedef {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D} Pen */
/** @typedef {{box: Box, text: string, size: TextSize, colour: Colour}} Labelled */

/** @param {Colour} colour */
export const toCss = ([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`;

/**
 * A strong colour for a class or a track; neighbours differ clearly.
 * @param {number} id
 * @returns {Colour}
 */
export const classColour = (id) => {
  const hue = (0.58 + id * 0.618034) % 1 * 6, part = hue - Math.floor(hue), v = 0.95, s = 0.75;
  const p = v * (1 - s), q = v * (1 - s * part), t = v * (1 - s * (1 - part));
  const parts = [[v, t, p], [q, v, p], [p, v, t], [p, q, v], [t, p, v], [v, p, q]][Math.floor(hue)];
  return /** @type {Colour} */ (parts.map((one) => roundEven(255 * one)));
};

/**
 * Black or white, whichever reads better on the colour.
 * @param {Colour} colour
 */
export const inkOn = ([red, green, blue]) =>
  (0.299 * red + 0.587 * green + 0.114 * blue > 140 ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)');

/**
 * How wide the lines are on a picture whose longer side is `longer` pixels.
 * @param {number} longer
 */
export const lineWidth = (longer) => Math.max(2, roundEven(2.5 * longer / 640));

/**
 * As wide as OpenCV draws a smooth line of this thickness.
 * @param {number} thickness pixels
 */
export const strokeWidth = (thickness) => 2 * Math.floor((thickness + 1) / 2) + 1.4;

/**
 * Where a label of this size may stand, the best first; all of it lies in the picture.
 * @param {Box} box
 * @param {number[]} size width, height
 * @param {number} width of the picture
 * @param {number} height
 * @returns {number[][]}
 */
const listCorners = ([x1, y1, x2, y2], [wide, tall], width, height) => {
  const inside = [y1, y2 - tall], rows = y1 >= tall ? [y1 - tall, y2, ...inside] : [...inside, y2];
  const columns = [x1, x2 - wide].map((x) => Math.min(Math.max(0, x), Math.max(0, width - wide)));
  return rows.filter((y) => y >= 0 && y <= Math.max(0, height - tall))
    .flatMap((y) => columns.map((x) => [x, y]));
};

/**
 * Where each box's label goes, so that none hides another: its left upper corner; null where no
 * corner is free, and after the first `most`. The most important box comes first.
 * @param {Box[]} boxes
 * @param {number[][]} sizes width, height
 * @param {number} width of the picture
 * @param {number} height
 * @param {number} most
 * @returns {(number[] | null)[]}
 */
export const placeLabels = (boxes, sizes, width, height, most = MOST_LABELS) => {
  /** @type {number[][]} */
  const placed = [];
  return boxes.map((box, i) => {
    const [wide, tall] = sizes[i];
    const spot = placed.length < most ? listCorners(box, sizes[i], width, height).find(([x, y]) =>
      !placed.some(([left, top, right, bottom]) =>
        x < right && x + wide > left && y < bottom && y + tall > top)) : undefined;
    if (spot) placed.push([...spot, spot[0] + wide, spot[1] + tall]);
    return spot || null;
  });
};

/**
 * Words from `x` on, as wide as `size` says, on the base line `y`; with a dark rim where asked.
 * @param {Pen} pen its `fillStyle` is the ink
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {TextSize} size
 * @param {boolean} hasRim
 */
export const writeText = (pen, text, x, y, [width, height], hasRim = false) => {
  pen.font = `bold ${Math.round(1.1 * height)}px sans-serif`;
  if (hasRim) {
    pen.strokeStyle = 'rgb(0, 0, 0)'; pen.lineWidth = 3;
    pen.strokeText(text, x, y, width);
  }
  pen.fillText(text, x, y, width);
};

/**
 * Boxes, the first one on top; their texts stand where none hides another. Where many boxes lie, only
 * the first ones have one.
 * @param {Pen} pen of a canvas that holds the picture
 * @param {Labelled[]} labelled
 */
export const drawLabelledBoxes = (pen, labelled) => {
  const {width, height} = pen.canvas, line = lineWidth(Math.max(width, height));
  const corners = labelled.map(({box}) => box.map(roundEven));
  const sizes = labelled.map(({size: [wide, above, below]}) => [wide + 2 * line, above + below + line]);
  pen.lineJoin = 'round'; pen.lineWidth = strokeWidth(line);
  for (let i = labelled.length - 1; i >= 0; i -= 1) {
    const [x1, y1, x2, y2] = corners[i];
    pen.strokeStyle = toCss(labelled[i].colour);
    pen.strokeRect(x1 + 0.5, y1 + 0.5, x2 - x1, y2 - y1);
  }
  placeLabels(corners, sizes, width, height).forEach((place, i) => {
    if (!place) return;
    const {text, size, colour} = labelled[i], [left, top] = place, [wide, tall] = sizes[i];
    pen.fillStyle = toCss(colour);
    pen.fillRect(left, top, wide + 1, tall + 1);
    pen.fillStyle = inkOn(colour);
    writeText(pen, text, left + line, top + tall - size[2], size);
  });
};
