// What is said of the objects, as demos.detection says it: words as HTML, and the numbers.
import {round, toFixed} from '../../components/static/numbers.mjs';

/** @typedef {import('./decode.mjs').Candidate & {label: string}} Found */

/** @param {string} text */
const escapeHtml = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  .replace(/"/g, '&quot;').replace(/'/g, '&#x27;');

/**
 * How many of each, the most frequent first; equal ones in the order in which they came.
 * @param {Iterable<string>} labels
 * @returns {[string, number][]}
 */
export const count = (labels) => {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const label of labels) counts.set(label, (counts.get(label) || 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
};

/** @param {[string, number][]} counts */
const name = (counts) => counts.slice(0, 8).map(([label, number]) => `${escapeHtml(label)} <b>${number}</b>`)
  .join(' &nbsp; ') || 'nothing';

/**
 * What is in the frame, how many different ones have been seen, and what was counted where.
 * @param {string} style the lesson's own
 * @param {[string, number][]} now
 * @param {[string, number][] | null} seen
 * @param {string} words
 */
export const drawCounts = (style, now, seen, words) => {
  const past = seen ? `<p class="big">Different ones so far: ${name(seen)}</p>` : '';
  return `${style}<div class="det"><p class="big">Now: ${name(now)}</p>${past}${words}</div>`;
};

/**
 * How many have crossed each way, and how many are and were in the zone.
 * @param {Record<string, number>} counts
 * @param {string} line
 * @param {string} zone
 */
export const drawCounted = (counts, line, zone) => [
  line && `<p class="big">With the arrow <b>${counts.to_right}</b>, against it <b>${counts.to_left}</b></p>`,
  zone && `<p class="big">In the zone <b>${counts.in_zone_now}</b>, so far <b>${counts.in_zone}</b></p>`,
].filter(Boolean).join('');

/**
 * What is written at a box.
 * @param {Found} found
 * @param {number} [number] of its track
 */
export const textOf = ({label, score}, number) =>
  `${number === undefined ? '' : `${number} `}${label} ${toFixed(score, 2)}`;

/** @param {Found} found */
export const toRow = ({label, classId, score, box}) => {
  const [x1, y1, x2, y2] = box.map((value) => round(value, 1));
  return {label, class_id: classId, confidence: round(score, 4), x1, y1, x2, y2};
};
