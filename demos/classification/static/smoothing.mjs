// A running mean over a camera's frames, and how often its first place changes.
import {findGreatest} from '../../components/static/classifier.mjs';

const WINDOW = 100; // frames over which changes are counted
/** @typedef {{mean: Float64Array, raw: number[], smooth: number[]}} Smoothing winners, oldest first */

/**
 * The next frame's probabilities taken in; another number of classes starts anew.
 * @param {Smoothing | null} state
 * @param {Float64Array} probabilities
 * @param {number} inertia share of the past that is kept
 * @returns {Smoothing}
 */
export const smooth = (state, probabilities, inertia) => {
  const past = state && state.mean.length === probabilities.length
    ? state : {mean: probabilities, raw: [], smooth: []};
  const mean = probabilities.map((now, i) => inertia * past.mean[i] + (1 - inertia) * now);
  return {
    mean,
    raw: [...past.raw, findGreatest(probabilities)].slice(-WINDOW),
    smooth: [...past.smooth, findGreatest(mean)].slice(-WINDOW),
  };
};

/** How often neighbours differ. @param {number[]} winners */
export const countFlips = (winners) => winners.filter((one, i) => i > 0 && one !== winners[i - 1]).length;

/** Both counts as numbers. @param {Smoothing} state */
export const countFlicker = ({raw, smooth: steady}) => (
  {frames: raw.length, changes_single_frames: countFlips(raw), changes_smoothed: countFlips(steady)});

/** Both counts as a table. @param {Smoothing} state */
export const writeFlicker = ({raw, smooth: steady}) =>
  '<table><thead><tr><th>first place changed</th><th>single frames</th><th>smoothed</th></tr></thead>'
  + `<tbody><tr><td>in the last ${raw.length} frames</td><td><b>${countFlips(raw)}</b></td>`
  + `<td><b>${countFlips(steady)}</b></td></tr></tbody></table>`;
