// Where a box is, and where it will be: a Kalman filter of constant speed over centre, aspect ratio
// and height, as ByteTrack and DeepSORT have it (Wojke et al., "Simple Online and Realtime Tracking
// with a Deep Association Metric", 2017, arXiv:1703.07402).
//
// Its uncertainties are diagonal and each number is followed alone, so the 8 x 8 covariance is four of
// 2 x 2: [of the place, shared, of the speed].

const PLACE = 1 / 20, SPEED = 1 / 160;  // standard deviations as shares of the height
const RATIO = 2;  // where the aspect ratio stands: its deviations are fixed

/** @typedef {{place: number[], speed: number[], spread: number[][]}} State four numbers each */

/**
 * @param {number[]} measured centre x, centre y, width / height, height
 * @returns {State}
 */
export const begin = (measured) => {
  const height = measured[3];
  const spread = measured.map((_, i) => (i === RATIO ? [1e-2 ** 2, 0, 1e-5 ** 2]
    : [(2 * PLACE * height) ** 2, 0, (10 * SPEED * height) ** 2]));
  return {place: [...measured], speed: [0, 0, 0, 0], spread};
};

/**
 * One frame on.
 * @param {State} state
 */
export const predict = ({place, speed, spread}) => {
  const height = place[3];
  spread.forEach((one, i) => {
    const [p, shared, v] = one, [ofPlace, ofSpeed] = i === RATIO ? [1e-2, 1e-5] : [PLACE * height, SPEED * height];
    one[0] = p + 2 * shared + v + ofPlace ** 2;
    one[1] = shared + v;
    one[2] = v + ofSpeed ** 2;
  });
  for (let i = 0; i < 4; i += 1) place[i] += speed[i];
};

/**
 * What was seen draws the state towards it.
 * @param {State} state
 * @param {number[]} measured as `begin` takes it
 */
export const correct = ({place, speed, spread}, measured) => {
  const height = place[3];
  spread.forEach((one, i) => {
    const [p, shared, v] = one, total = p + (i === RATIO ? 1e-1 : PLACE * height) ** 2;
    const off = measured[i] - place[i];
    place[i] += p / total * off;
    speed[i] += shared / total * off;
    one[0] = p - p * p / total;
    one[1] = shared - p * shared / total;
    one[2] = v - shared * shared / total;
  });
};
