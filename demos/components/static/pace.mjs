// How often pictures come, and how long they travel; times in milliseconds.
const LATELY_MS = 2000, WAYS = 15;

/** @param {number[]} numbers */
export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Times, first to last: how many a second. @param {number[]} times */
export const rateOf = (times) => (times.length - 1) * 1000 / (times[times.length - 1] - times[0]);

export class Pace {
  constructor() { this.restart(); }

  restart() {
    /** When the latest pictures came. @type {number[]} */
    this.times = [];
    /** How long the latest were on their way. @type {number[]} */
    this.ways = [];
  }

  /** A picture is on the page. @param {number} now */
  note(now) {
    this.times.push(now);
    while (now - this.times[0] > LATELY_MS) this.times.shift();
  }

  /** @param {number} took from its frame to its answer @param {number} worked on the server */
  noteWay(took, worked) { this.ways = [...this.ways, Math.max(0, took - worked)].slice(-WAYS); }

  /** Pictures a second; '' where there were too few. */
  get rate() { return this.times.length > 2 ? `${rateOf(this.times).toFixed(1)} frames a second` : ''; }

  get way() { return `${median(this.ways).toFixed(0)} ms to the server and back`; }
}
