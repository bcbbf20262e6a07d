// Numbers as colours, as cvcore.core.drawing.colourise has them.
const BLUE = [33, 102, 172], WHITE = [247, 247, 247], RED = [178, 24, 43];

/** Values from 0 to 1 as RGB pixels by a table of 256 colours (768 numbers).
 * @param {Float32Array} unit @param {ArrayLike<number>} table */
export const colourise = (unit, table) => {
  const rgb = new Uint8ClampedArray(3 * unit.length);
  const place = new Uint8ClampedArray(1);  // it rounds halves to even, as NumPy does
  for (let i = 0, to = 0; i < unit.length; i += 1, to += 3) {
    place[0] = Math.fround(unit[i] * 255);
    const from = 3 * place[0];
    rgb[to] = table[from]; rgb[to + 1] = table[from + 1]; rgb[to + 2] = table[from + 2];
  }
  return rgb;
};

/** Values from 0 (blue) over 0.5 (white) to 1 (red) as RGB pixels.
 * @param {Float32Array} unit */
export const colouriseSigned = (unit) => {
  const rgb = new Uint8ClampedArray(3 * unit.length);
  for (let i = 0, to = 0; i < unit.length; i += 1, to += 3) {
    const away = Math.fround(2 * unit[i] - 1), share = Math.abs(away), end = away < 0 ? BLUE : RED;
    for (let c = 0; c < 3; c += 1) {
      rgb[to + c] = Math.fround(WHITE[c] + Math.fround(share * (end[c] - WHITE[c])));
    }
  }
  return rgb;
};
