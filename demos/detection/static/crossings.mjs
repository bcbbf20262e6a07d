// Who crosses a line, and who stands in a zone, counted by the tracks' feet: see
// cvcore.detection.counting. Lines and zones are in shares of the frame.

const MAX_CORNERS = 30, MARGIN = 0.01;
/** @type {Record<string, number[]>} */
const ZONES = {
  'left half': [0, 0, 0.5, 1], 'right half': [0.5, 0, 1, 1], 'upper half': [0, 0, 1, 0.5],
  'lower half': [0, 0.5, 1, 1], middle: [0.25, 0.25, 0.75, 0.75],
};
const NO_POINTS = 'Points are pairs of numbers from 0 to 1, as in 0.1,0.5 0.9,0.5: shares of the frame\'s width and height.';

/** @typedef {[number, number][]} Points */
/** @typedef {{id: number, box: number[]}} Tracked box: x1, y1, x2, y2 in pixels */

/**
 * Points out of "0.1,0.5 0.9,0.5"; an Error says what is wrong with them.
 * @param {string | null | undefined} text
 * @returns {Points}
 */
const readPoints = (text) => {
  const words = (text || '').trim();
  if (words === '' || words === 'none') return [];
  const points = words.split(/\s+/).map((pair) => pair.split(','));
  if (!points.every((pair) => pair.length === 2 && pair.every((one) => one.trim() && Number.isFinite(Number(one))))) {
    throw new Error(NO_POINTS);
  }
  const numbers = /** @type {Points} */ (points.map((pair) => pair.map(Number)));
  if (!numbers.flat().every((share) => share >= 0 && share <= 1)) {
    throw new Error('A point lies outside the frame: its numbers are shares, from 0 to 1.');
  }
  if (points.length > MAX_CORNERS) throw new Error(`There are ${points.length} corners: draw at most ${MAX_CORNERS}.`);
  return numbers;
};

/** @param {string | null | undefined} text */
export const readLine = (text) => {
  const points = readPoints(text);
  if (points.length && points.length !== 2) {
    throw new Error(`A counting line has two ends, not ${points.length}: click where it ends.`);
  }
  if (points.length && Math.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]) < MARGIN) {
    throw new Error('The counting line has no length: drag its ends apart.');
  }
  return points;
};

/**
 * @param {string | null | undefined} text corners, or the name of a part of the frame
 * @returns {Points}
 */
export const readZone = (text) => {
  if (text && Object.hasOwn(ZONES, text)) {
    const [left, top, right, bottom] = ZONES[text];
    return [[left, top], [right, top], [right, bottom], [left, bottom]];
  }
  if (text && text !== 'none' && !/\d/.test(text)) {
    throw new Error(`There is no zone '${text}': choose none, ${Object.keys(ZONES).join(', ')}, or draw one.`);
  }
  const points = readPoints(text);
  if (points.length === 1 || points.length === 2) {
    throw new Error(`A zone needs at least three corners, this one has ${points.length}: click another one.`);
  }
  if (points.length && leastSpread(points) <= 1e-3) {
    throw new Error('The corners of the zone lie on one line: drag one of them aside.');
  }
  return points;
};

/**
 * The smaller singular value of the corners around the first one: 0 where they lie on one line.
 * @param {Points} points
 */
const leastSpread = (points) => {
  let xx = 0, xy = 0, yy = 0;
  for (const [px, py] of points) {
    const x = px - points[0][0], y = py - points[0][1];
    xx += x * x; xy += x * y; yy += y * y;
  }
  return Math.sqrt(Math.max(0, (xx + yy - Math.hypot(xx - yy, 2 * xy)) / 2));
};

/**
 * Whether a place is inside a zone or on its edge, as OpenCV has it: an odd number of its sides lies to
 * one side of the place.
 * @param {Points} zone
 * @param {number[]} place
 */
export const isInZone = (zone, place) => {
  const corners = zone.map((corner) => corner.map(Math.fround)), [x, y] = place.map(Math.fround);
  let [ax, ay] = corners[corners.length - 1], isInside = false;
  for (const [bx, by] of corners) {
    if ((ay <= y && by <= y) || (ay > y && by > y) || (ax < x && bx < x)) {
      const isBetween = ay === y && ((ax <= x && x <= bx) || (bx <= x && x <= ax));
      if (y === by && (x === bx || isBetween)) return true;
    } else {
      const side = Math.fround(y - ay) * Math.fround(bx - ax) - Math.fround(x - ax) * Math.fround(by - ay);
      if (side === 0) return true;
      if (by < ay ? side < 0 : side > 0) isInside = !isInside;
    }
    [ax, ay] = [bx, by];
  }
  return isInside;
};

/**
 * A track's foot, in shares of the frame.
 * @param {number[]} box
 * @param {number} width pixels
 * @param {number} height
 */
const footOf = ([x1, , x2, y2], width, height) =>
  [(x1 + x2) / 2 / width, y2 / height].map((share) => Math.min(Math.max(share, 0), 1));
/**
 * @param {number[]} a
 * @param {number[]} b
 */
const cross = (a, b) => a[0] * b[1] - a[1] * b[0];
/**
 * @param {number[]} a
 * @param {number[]} b
 */
const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];

/** A track has crossed once its foot is clearly beyond the line and its way has cut it. */
export class Counter {
  constructor() {
    this.line = /** @type {Points} */ ([]); this.zone = /** @type {Points} */ ([]);
    this.toRight = 0; this.toLeft = 0;  // looking from the line's first end to its second one
    this.inside = new Set(); this.beenInside = new Set();
    /** @type {Map<number, {foot: number[], isRight: boolean}>} */
    this.last = new Map();
  }

  /**
   * What is counted at another line or zone begins at 0.
   * @param {Points} line
   * @param {Points} zone
   */
  move(line, zone) {
    if (String(line) !== String(this.line)) {
      this.line = line; this.toRight = 0; this.toLeft = 0; this.last = new Map();
    }
    if (String(zone) !== String(this.zone)) {
      this.zone = zone; this.inside = new Set(); this.beenInside = new Set();
    }
  }

  /**
   * The next frame's tracks.
   * @param {Tracked[]} tracks
   * @param {number} width of the frame, pixels
   * @param {number} height
   */
  update(tracks, width, height) {
    const feet = tracks.map(({id, box}) => ({id, foot: footOf(box, width, height)}));
    this.inside = new Set(feet.filter(({foot}) => this.zone.length && isInZone(this.zone, foot)).map(({id}) => id));
    for (const id of this.inside) this.beenInside.add(id);
    if (!this.line.length) return;
    const [start, end] = this.line.map(([x, y]) => [x * width, y * height]);
    for (const {id, foot: [x, y]} of feet) {
      this.follow(id, [x * width, y * height], start, end, MARGIN * Math.max(width, height));
    }
  }

  /**
   * @param {number} id
   * @param {number[]} foot pixels, as the rest
   * @param {number[]} start
   * @param {number[]} end
   * @param {number} margin
   */
  follow(id, foot, start, end, margin) {
    const along = minus(end, start), distance = cross(along, minus(foot, start)) / Math.hypot(...along);
    if (Math.abs(distance) < margin) return;  // on the line: wait until it is clearly off
    const isRight = distance > 0, before = this.last.get(id);  // y grows downwards
    this.last.set(id, {foot, isRight});
    if (!before || before.isRight === isRight) return;
    const way = minus(foot, before.foot);
    if (cross(way, minus(start, before.foot)) * cross(way, minus(end, before.foot)) > 0) return;  // round its end
    if (isRight) this.toRight += 1; else this.toLeft += 1;
  }

  counts() {
    return {
      to_right: this.toRight, to_left: this.toLeft,
      in_zone_now: this.inside.size, in_zone: this.beenInside.size,
    };
  }
}
