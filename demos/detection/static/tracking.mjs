// The same object keeps its number from frame to frame: ByteTrack (Zhang et al., "ByteTrack: Multi-Object
// Tracking by Associating Every Detection Box", ECCV 2022, arXiv:2110.06864), as cvcore.detection.tracking
// runs it. Boxes are matched with where a Kalman filter expects the tracks, the sure ones first.
import {assign} from './assignment.mjs';
import {begin, correct, predict} from './kalman.mjs';

export const LOW = 0.1;  // boxes down to this score help a track over weak frames
// Greatest costs of a match, 1 - IoU: with sure boxes, with weak ones, with tracks of a single frame.
const SURE = 0.8, WEAK = 0.5, FIRST = 0.7;
const TWICE = 0.15;  // a lost track so near to another one is the same
const MOST_REMOVED = 1000;

/** @typedef {{box: number[], score: number}} Found */
/** @typedef {{box: number[], measured: number[], score: number, index: number}} Seen */
/**
 * @typedef {object} Track
 * @property {number} id from 1
 * @property {import('./kalman.mjs').State} motion
 * @property {'tracked' | 'lost' | 'removed'} state
 * @property {boolean} isConfirmed seen twice, or in the very first frame
 * @property {number} began frame
 * @property {number} last frame in which it was seen
 * @property {number} index of its box among those of that frame
 */

const {fround} = Math;

/**
 * A box as the tracker reads it, in single precision.
 * @param {Found} found
 * @param {number} index
 * @returns {Seen}
 */
const read = ({box: [x1, y1, x2, y2], score}, index) => {
  const [wide, high] = [fround(x2 - x1), fround(y2 - y1)];
  const left = fround(fround(fround(x1 + x2) / 2) - wide / 2), top = fround(fround(fround(y1 + y2) / 2) - high / 2);
  return {
    box: [left, top, fround(wide + left), fround(high + top)],
    measured: [fround(left + wide / 2), fround(top + high / 2), fround(wide / high), high],
    score, index,
  };
};

/**
 * Where a track is expected.
 * @param {Track} track
 */
const boxOf = ({motion: {place: [x, y, ratio, high]}}) => {
  const wide = ratio * high, left = x - wide / 2, top = y - high / 2;
  return [left, top, left + wide, top + high].map(fround);
};

/**
 * 1 - IoU of every pair; times the boxes' scores where they are given.
 * @param {Track[]} tracks
 * @param {number[][]} boxes
 * @param {number[]} [scores]
 */
const listCosts = (tracks, boxes, scores) => tracks.map((track) => {
  const a = boxOf(track), area = fround(fround(a[2] - a[0]) * fround(a[3] - a[1]));
  return boxes.map((b, i) => {
    const wide = Math.max(0, fround(Math.min(a[2], b[2]) - Math.max(a[0], b[0])));
    const high = Math.max(0, fround(Math.min(a[3], b[3]) - Math.max(a[1], b[1])));
    const shared = fround(wide * high), other = fround(fround(b[2] - b[0]) * fround(b[3] - b[1]));
    const union = fround(fround(fround(other + area) - shared) + fround(1e-7));
    const cost = fround(1 - fround(shared / union));
    return scores ? fround(1 - fround(fround(1 - cost) * scores[i])) : cost;
  });
});

export class Tracker {
  /** @param {number} fps frames a second: an object is waited for 1.2 s */
  constructor(fps) {
    this.patience = Math.max(1, Math.round(1.2 * fps));  // frames
    this.frame = 0; this.count = 0;
    /** @type {Track[]} */
    this.tracks = [];
    /** @type {Track[]} */
    this.lost = [];
    /** @type {number[]} */
    this.removed = [];
  }

  /**
   * The next frame's boxes; those below `confidence` begin no track.
   * @param {Found[]} found
   * @param {number} confidence 0 to 1
   * @returns {{id: number, index: number}[]} the numbers, and which box has each
   */
  update(found, confidence) {
    this.frame += 1;
    const high = fround(confidence), low = fround(Math.min(LOW, confidence));
    const seen = found.map(read).filter(({measured}) => measured[2] > 0 && measured[3] > 0);
    const weak = seen.filter(({score}) => score > low && score < high);
    const pool = [...this.tracks.filter((track) => track.isConfirmed), ...this.lost];
    for (const {motion, state} of pool) {
      if (state !== 'tracked') motion.speed[3] = 0;
      predict(motion);
    }
    const first = this.match(pool, seen.filter(({score}) => score >= high), SURE, true);
    // Weak boxes by their overlap alone, as in the paper's section 3.2.
    const second = this.match(first.tracks.filter(({state}) => state === 'tracked'), weak, WEAK, false);
    const third = this.match(this.tracks.filter((track) => !track.isConfirmed), first.seen, FIRST, true);
    const stale = this.lost.filter(({last}) => this.frame - last > this.patience);
    for (const track of second.tracks) track.state = 'lost';
    for (const track of [...third.tracks, ...stale]) track.state = 'removed';
    const isBack = (/** @type {Track} */ track) => track.state === 'tracked';
    this.tracks = [...this.tracks.filter(isBack), ...third.seen.map((one) => this.begin(one)), ...this.lost.filter(isBack)];
    this.lost = [...this.lost.filter((track) => !isBack(track)), ...second.tracks]
      .filter(({id}) => !this.removed.includes(id));
    this.dropTwins();
    this.removed = [...this.removed, ...[...third.tracks, ...stale].map(({id}) => id)].slice(-MOST_REMOVED);
    return this.tracks.filter((track) => track.isConfirmed).map(({id, index}) => ({id, index}));
  }

  /**
   * Gives tracks their boxes; returns what stays without.
   * @param {Track[]} tracks
   * @param {Seen[]} seen
   * @param {number} limit
   * @param {boolean} isWeighted by the boxes' scores
   */
  match(tracks, seen, limit, isWeighted) {
    const scores = isWeighted ? seen.map(({score}) => score) : undefined;
    const pairs = assign(listCosts(tracks, seen.map(({box}) => box), scores), limit);
    for (const [i, j] of pairs) {
      correct(tracks[i].motion, seen[j].measured);
      Object.assign(tracks[i], {state: 'tracked', isConfirmed: true, last: this.frame, index: seen[j].index});
    }
    return {
      tracks: tracks.filter((_, i) => !pairs.some(([one]) => one === i)),
      seen: seen.filter((_, j) => !pairs.some(([, one]) => one === j)),
    };
  }

  /**
   * @param {Seen} seen
   * @returns {Track}
   */
  begin({measured, index}) {
    this.count += 1;
    return {
      id: this.count, motion: begin(measured), state: 'tracked', isConfirmed: this.frame === 1,
      began: this.frame, last: this.frame, index,
    };
  }

  /** Of two tracks of one object the one that was followed longer stays. */
  dropTwins() {
    const costs = listCosts(this.tracks, this.lost.map(boxOf)), age = (/** @type {Track} */ one) => one.last - one.began;
    const gone = new Set();
    costs.forEach((row, i) => row.forEach((cost, j) => {
      if (cost < TWICE) gone.add(age(this.tracks[i]) > age(this.lost[j]) ? this.lost[j] : this.tracks[i]);
    }));
    this.tracks = this.tracks.filter((track) => !gone.has(track));
    this.lost = this.lost.filter((track) => !gone.has(track));
  }
}
