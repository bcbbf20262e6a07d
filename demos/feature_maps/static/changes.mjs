// How the channels of a layer differ between a remembered frame and a later one.
import {toFixed} from '../../components/static/numbers.mjs';
import {findMeans} from './map_grid.mjs';

/** @typedef {import('./map_grid.mjs').Maps} Maps */
/** @typedef {{order: number[], changes: number[], means: number[][]}} Reaction most changed first; mean
 *   absolute differences and means of either frame, by channel */

const LISTED = 6;

/** @param {Maps} first @param {Maps} second @returns {Reaction} */
export const compareMaps = (first, second) => {
  const size = first.height * first.width;
  const changes = Array.from({length: first.count}, (_, channel) => {
    let sum = 0;
    for (let at = channel * size; at < (channel + 1) * size; at += 1)
      sum += Math.abs(first.data[at] - second.data[at]);
    return sum / size;
  });
  const order = changes.map((_, i) => i).sort((a, b) => changes[b] - changes[a] || a - b);
  return {order, changes, means: [findMeans(first), findMeans(second)]};
};

/** Two digits after the point, a true minus sign. @param {number} value */
const write = (value) => toFixed(value, 2).replace('-', '−');

/**
 * The most changed channels as HTML, and as numbers.
 * @param {Reaction} reaction
 */
export const drawChanges = ({order, changes, means}) => {
  const top = order.slice(0, LISTED), most = Math.max(changes[order[0]], 1e-12);
  const cells = top.map((channel) =>
    `<div><b>channel ${channel}</b><span class="track"><i style="width:`
    + `${toFixed(100 * changes[channel] / most, 0)}%"></i></span>`
    + `${write(means[0][channel])} → ${write(means[1][channel])}</div>`);
  return {
    html: 'Most changed since the frame you remembered, with the mean then and now; the grid '
      + `begins with them:<div class="changes">${cells.join('')}</div>`,
    channels: top,
    changes: top.map((channel) => changes[channel]),
  };
};
