// A sentence on a frame, as the server writes what it cannot do.
const LETTERS = 44, SIZE = 20, LINE = 28; // a line; pixels

/** @param {string} words @returns {string[]} lines of about so many letters */
export const breakLines = (words) => {
  const lines = [''];
  for (const word of words.split(' ')) {
    const line = /** @type {string} */ (lines.at(-1));
    if (line.length + word.length > LETTERS) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`.trim();
  }
  return lines;
};

/** @param {ImageData} frame @param {string} words */
export const writeOn = (frame, words) => {
  const canvas = new OffscreenCanvas(frame.width, frame.height), lines = breakLines(words);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.putImageData(frame, 0, 0);
  pen.fillStyle = 'rgb(0 0 0 / 0.7)';
  pen.fillRect(0, 0, frame.width, LINE * lines.length + SIZE / 2);
  pen.fillStyle = '#fff';
  pen.font = `${SIZE}px sans-serif`;
  lines.forEach((line, i) => pen.fillText(line, SIZE / 2, LINE * (i + 0.8) + SIZE / 4));
  return canvas;
};
