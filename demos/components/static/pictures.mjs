// Pictures as the lessons compute with them: red, green and blue, 8 bits each, rows from the top.
/** @typedef {{width: number, height: number, data: Uint8Array | Uint8ClampedArray}} Picture */

/**
 * A canvas's pixels without their opacity.
 * @param {{width: number, height: number, data: ArrayLike<number>}} image red, green, blue, opacity
 * @returns {Picture}
 */
export const toRgb = ({width, height, data}) => {
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from];
    rgb[to + 1] = data[from + 1];
    rgb[to + 2] = data[from + 2];
  }
  return {width, height, data: rgb};
};

/**
 * A picture as a canvas takes it.
 * @param {Picture} picture
 */
export const toImageData = ({width, height, data}) => {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + 1];
    rgba[to + 2] = data[from + 2];
    rgba[to + 3] = 255;
  }
  return new ImageData(rgba, width, height);
};

/**
 * What a network takes: all red values, then green, then blue, from 0 to 1.
 * @param {Picture} picture
 * @returns {Float32Array}
 */
export const toChw = ({width, height, data}) => {
  const area = width * height, chw = new Float32Array(3 * area);
  for (let i = 0, from = 0; i < area; i += 1, from += 3) {
    chw[i] = data[from] / 255;
    chw[area + i] = data[from + 1] / 255;
    chw[2 * area + i] = data[from + 2] / 255;
  }
  return chw;
};
