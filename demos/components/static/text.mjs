// Words on a picture, as cvcore.core.drawing.draw_text has them; the letters are the browser's own.
import {roundEven} from './numbers.mjs';
import {toImageData} from './pictures.mjs';

/** @typedef {import('./pictures.mjs').Picture} Picture */

const HEIGHT = 0.06;  // of a line, of the picture's
const LETTERS = 44;  // a line of a sentence

/**
 * Lines of text on a dark band at the top of a picture.
 * @param {Picture} picture its pixels under the band are darkened
 * @param {string} text
 * @returns {OffscreenCanvas}
 */
export const drawText = (picture, text) => {
  const lines = text.split('\n'), line = findLine(picture.height);
  darkenBand(picture, lines.length);
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.putImageData(toImageData(picture), 0, 0);
  pen.font = `${roundEven(line * 0.62)}px sans-serif`;
  pen.fillStyle = '#fff';
  lines.forEach((words, row) => pen.fillText(
    words, Math.floor(line / 2), (row + 1) * line - Math.floor(line / 6), picture.width - line));
  return canvas;
};

/** Pixels of a line. @param {number} height */
const findLine = (height) => Math.max(12, roundEven(height * HEIGHT));

/**
 * The band that so many lines stand on.
 * @param {Picture} picture @param {number} lines
 */
export const darkenBand = ({width, height, data}, lines) => {
  const line = findLine(height), rows = Math.min(height, line * lines + Math.floor(line / 3));
  for (let i = 0; i < 3 * width * rows; i += 1) data[i] >>= 2;
};

/**
 * What went wrong, in a sentence on the picture.
 * @param {Picture} picture @param {string} sentence
 */
export const drawSentence = (picture, sentence) => {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    if ((lines.at(-1) || '').length + word.length > LETTERS) lines.push('');
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return drawText(picture, lines.join('\n'));
};
