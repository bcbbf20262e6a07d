// Candidates become a few boxes: see cvcore.detection.suppression. Candidates come the surest first.

/** @typedef {import('./decode.mjs').Candidate} Candidate */

export const MAX_BOXES = 300, SIGMA = 0.5;  // of the Gaussian in soft suppression
export const [NMS, SOFT_LINEAR, SOFT_GAUSSIAN, VOTING] = ['NMS', 'soft, linear', 'soft, Gaussian', 'box voting'];

/** @param {number[]} box */
const areaOf = ([x1, y1, x2, y2]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

/**
 * Intersection over union, 0 to 1; an empty box overlaps nothing.
 * @param {number[]} a
 * @param {number[]} b
 */
export const iouOf = (a, b) => {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(0, wide) * Math.max(0, high), union = areaOf(a) + areaOf(b) - shared;
  return union > 0 ? shared / union : 0;
};

/**
 * The most confident box stays, every box of its class that overlaps it by more than `iou` goes, and
 * so on.
 * @param {Candidate[]} candidates
 * @param {number} iou
 * @param {number} most
 */
const suppressHard = (candidates, iou, most) => {
  /** @type {Candidate[]} */
  const kept = [];
  for (let left = candidates; left.length && kept.length < most;) {
    const [best, ...rest] = left;
    kept.push(best);
    left = rest.filter((one) => one.classId !== best.classId || !(iouOf(best.box, one.box) > iou));
  }
  return kept;
};

/**
 * The scores of boxes that overlap a surer one fall; what falls below `least` goes.
 * @param {Candidate[]} candidates
 * @param {number} iou
 * @param {number} most
 * @param {string} method
 * @param {number} least
 */
const suppressSoftly = (candidates, iou, most, method, least) => {
  /** @type {Candidate[]} */
  const kept = [];
  const scores = Float64Array.from(candidates, ({score}) => score);
  let left = [...scores.keys()].filter((i) => scores[i] >= least);
  while (left.length && kept.length < most) {
    const first = left.reduce((one, i) => (scores[i] > scores[one] ? i : one)), best = candidates[first];
    kept.push({...best, score: Math.fround(scores[first])});
    left = left.filter((i) => {
      const one = candidates[i], overlap = one.classId === best.classId ? iouOf(best.box, one.box) : 0;
      scores[i] *= method === SOFT_GAUSSIAN ? Math.exp(-(overlap ** 2) / SIGMA) : overlap > iou ? 1 - overlap : 1;
      return i !== first && scores[i] >= least;
    });
  }
  return kept;
};

/**
 * A kept box is the mean of all boxes of its class that overlap it by more than `iou`, itself among
 * them, weighted by their scores.
 * @param {Candidate} kept
 * @param {Candidate[]} candidates
 * @param {number} iou
 */
const voteOn = (kept, candidates, iou) => {
  const sum = [0, 0, 0, 0];
  let weights = 0;
  for (const one of candidates) {
    if (one !== kept && (one.classId !== kept.classId || !(iouOf(kept.box, one.box) > iou))) continue;
    const weight = Math.max(one.score, 1e-12);
    weights += weight;
    for (let i = 0; i < 4; i += 1) sum[i] += weight * one.box[i];
  }
  return {...kept, box: sum.map((value) => value / weights)};
};

/**
 * What is left of the candidates, cut at the picture's edges.
 * @param {Candidate[]} candidates the surest first
 * @param {{confidence: number, iou: number, method: string}} limits
 * @param {number} width of the picture, pixels
 * @param {number} height
 * @param {number} most boxes
 * @returns {Candidate[]}
 */
export const suppress = (candidates, {confidence, iou, method}, width, height, most = MAX_BOXES) => {
  const isSoft = method === SOFT_LINEAR || method === SOFT_GAUSSIAN;
  let kept = isSoft ? suppressSoftly(candidates, iou, most, method, confidence) : suppressHard(candidates, iou, most);
  if (method === VOTING) kept = kept.map((one) => voteOn(one, candidates, iou));
  return kept.map((one) => ({...one, box: one.box.map((value, i) =>
    Math.fround(Math.min(Math.max(value, 0), i % 2 ? height : width)))}));
};
