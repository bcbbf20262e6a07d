// Faces turned upright, at one size, as cvcore.recognition.faces.alignment does it: a pixel differs
// from OpenCV's by 1 at most.

/** @typedef {{width: number, height: number, data: Uint8Array | Uint8ClampedArray}} Picture */
/** @typedef {[number, number]} Point */

export const SIDE = 112; // pixels
/** Where the five landmarks belong in 112 x 112 pixels: the points that ArcFace set. */
/** @type {Point[]} */
export const TEMPLATE = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

/** @param {Point[]} points @returns {Point} */
const middleOf = (points) => {
  const sum = points.reduce(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
};

/**
 * The turn, scale and shift [a, b, c, d, e, f] with x' = a x + b y + c, y' = d x + e y + f that
 * bring points closest to others, by least squares.
 * @param {Point[]} source
 * @param {Point[]} target
 */
export const fitSimilarity = (source, target) => {
  const [sx, sy] = middleOf(source), [tx, ty] = middleOf(target);
  let power = 0, along = 0, across = 0;
  source.forEach(([x, y], i) => {
    const [dx, dy] = [x - sx, y - sy], [u, v] = [target[i][0] - tx, target[i][1] - ty];
    power += dx * dx + dy * dy;
    along += dx * u + dy * v;
    across += dx * v - dy * u;
  });
  along /= power;
  across /= power;
  return [along, -across, tx - along * sx + across * sy, across, along, ty - across * sx - along * sy];
};

/** Degrees by which a face is turned clockwise in the picture. @param {Point[]} landmarks */
export const measureTilt = (landmarks) => {
  const matrix = fitSimilarity(TEMPLATE, landmarks);
  return (Math.atan2(matrix[3], matrix[0]) * 180) / Math.PI;
};

/**
 * Which source pixels a row of `count` pixels averages, and their shares.
 * @param {number} length
 * @param {number} count
 */
const shareOut = (length, count) => {
  const step = length / count;
  return Array.from({length: count}, (_, i) => {
    const from = i * step, to = Math.min(length, from + step), first = Math.floor(from);
    const shares = [];
    for (let k = first; k < Math.ceil(to - 1e-9); k += 1) {
      shares.push((Math.min(k + 1, to) - Math.max(k, from)) / step);
    }
    return {first, shares};
  });
};

/**
 * A picture made smaller by averaging, as OpenCV's INTER_AREA.
 * @param {Picture} picture
 * @param {number} width
 * @param {number} height
 * @returns {Picture}
 */
export const shrinkByArea = (picture, width, height) => {
  const columns = shareOut(picture.width, width), rows = shareOut(picture.height, height);
  const upwards = picture.width === 2 * width && picture.height === 2 * height;
  const data = new Uint8ClampedArray(3 * width * height), row = new Float64Array(3 * picture.width);
  rows.forEach(({first, shares}, y) => {
    row.fill(0);
    shares.forEach((share, k) => {
      const start = 3 * (first + k) * picture.width;
      for (let i = 0; i < row.length; i += 1) row[i] += share * picture.data[start + i];
    });
    for (let x = 0, at = 3 * y * width; x < width; x += 1, at += 3) {
      const {first: left, shares: parts} = columns[x];
      let red = 0, green = 0, blue = 0;
      for (let k = 0, from = 3 * left; k < parts.length; k += 1, from += 3) {
        red += parts[k] * row[from];
        green += parts[k] * row[from + 1];
        blue += parts[k] * row[from + 2];
      }
      // halves go to the even number; but upwards where two by two pixels become one
      data[at] = upwards ? Math.floor(red + 0.5) : red;
      data[at + 1] = upwards ? Math.floor(green + 0.5) : green;
      data[at + 2] = upwards ? Math.floor(blue + 0.5) : blue;
    }
  });
  return {width, height, data};
};

/**
 * The picture moved by `matrix` (as of fitSimilarity) into side x side pixels, bilinear, black
 * outside.
 * @param {Picture} picture
 * @param {number[]} matrix
 * @param {number} side
 * @returns {Picture}
 */
const warp = ({width, height, data}, [a, b, c, d, e, f], side) => {
  const whole = a * e - b * d;
  const [xx, xy, yx, yy] = [e / whole, -b / whole, -d / whole, a / whole];
  const [x0, y0] = [-xx * c - xy * f, -yx * c - yy * f];
  const out = new Uint8ClampedArray(3 * side * side);
  const isIn = (/** @type {number} */ x, /** @type {number} */ y) =>
    x >= 0 && x < width && y >= 0 && y < height;
  for (let y = 0, at = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const u = xx * x + (xy * y + x0), v = yx * x + (yy * y + y0);
      const left = Math.floor(u), top = Math.floor(v), s = u - left, t = v - top;
      const from = 3 * (top * width + left), under = from + 3 * width;
      const nw = isIn(left, top), ne = isIn(left + 1, top);
      const sw = isIn(left, top + 1), se = isIn(left + 1, top + 1);
      for (let i = 0; i < 3; i += 1, at += 1) {
        const p = nw ? data[from + i] : 0, q = ne ? data[from + 3 + i] : 0;
        const r = sw ? data[under + i] : 0, w = se ? data[under + 3 + i] : 0;
        const upper = p + s * (q - p), lower = r + s * (w - r);
        out[at] = upper + t * (lower - upper);
      }
    }
  }
  return {width: side, height: side, data: out};
};

/**
 * The face with these landmarks, 112 x 112. One much larger is shrunk by averaging first, so that
 * no pixel is lost.
 * @param {Picture} picture
 * @param {Point[]} landmarks
 */
export const align = (picture, landmarks) => {
  let matrix = fitSimilarity(landmarks, TEMPLATE);
  const scale = Math.hypot(matrix[0], matrix[3]);
  if (scale < 0.5) {
    const step = Math.floor(1 / scale), {width, height} = picture;
    const small = [width, height].map((one) => Math.max(1, Math.floor(one / step)));
    picture = shrinkByArea(picture, small[0], small[1]);
    // pixel centres: x in the small picture is (x + 0.5) * shrink - 0.5 in the large one
    const [sx, sy] = [width / small[0], height / small[1]], [a, b, c, d, e, f] = matrix;
    const [ox, oy] = [(sx - 1) / 2, (sy - 1) / 2];
    matrix = [a * sx, b * sy, c + a * ox + b * oy, d * sx, e * sy, f + d * ox + e * oy];
  }
  return warp(picture, matrix, SIDE);
};
