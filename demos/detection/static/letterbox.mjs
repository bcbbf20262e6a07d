// How a picture stands in the network's input, as cvcore.detection.boxes has it with `square=False`:
// resized, then padded with one grey.
import {resizeLinear} from '../../components/static/cv2_resize.mjs';
import {roundEven} from '../../components/static/numbers.mjs';

export const GREY = 114;
const STRIDE = 32;
const UNIT = Float32Array.from({length: 256}, (_, value) => value / 255);

/**
 * @typedef {object} Letterbox
 * @property {number} width of the picture, pixels
 * @property {number} height
 * @property {number} inputWidth of the network's input
 * @property {number} inputHeight
 * @property {number} resizedWidth of the picture in it
 * @property {number} resizedHeight
 * @property {number} left columns of padding
 * @property {number} top rows of padding
 * @property {number} scale input pixels a picture pixel
 */

/**
 * @param {number} width of the picture, pixels
 * @param {number} height
 * @param {number} size longer side of the network's input
 * @returns {Letterbox}
 */
export const fitLetterbox = (width, height, size) => {
  const scale = Math.min(size / height, size / width);
  const [resizedWidth, resizedHeight] = [width, height].map((side) => Math.max(1, roundEven(side * scale)));
  const [inputWidth, inputHeight] = [resizedWidth, resizedHeight].map((side) => Math.ceil(side / STRIDE) * STRIDE);
  return {
    width, height, inputWidth, inputHeight, resizedWidth, resizedHeight, scale,
    left: roundEven((inputWidth - resizedWidth) / 2 - 0.1),
    top: roundEven((inputHeight - resizedHeight) / 2 - 0.1),
  };
};

/**
 * The network's input: planes of red, green, blue, 0 to 1.
 * @param {{width: number, height: number, data: Uint8ClampedArray | Uint8Array}} frame four a pixel
 * @param {Letterbox} letterbox
 * @param {number} [pad] 0 to 255
 */
export const toInput = (frame, {inputWidth, inputHeight, resizedWidth, resizedHeight, left, top}, pad = GREY) => {
  const {data} = resizeLinear(frame, resizedWidth, resizedHeight), plane = inputWidth * inputHeight;
  const input = new Float32Array(3 * plane).fill(UNIT[pad]);
  for (let y = 0, i = 0; y < resizedHeight; y += 1) {
    let k = (top + y) * inputWidth + left;
    for (const end = k + resizedWidth; k < end; k += 1, i += 4) {
      input[k] = UNIT[data[i]];
      input[k + plane] = UNIT[data[i + 1]];
      input[k + 2 * plane] = UNIT[data[i + 2]];
    }
  }
  return input;
};
