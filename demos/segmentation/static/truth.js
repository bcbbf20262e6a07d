// Mask against truth: numbers and colours follow the threshold that the mask's view draws with.

// What the formulas and the key say of a threshold (0 to 1), as text; `counts` has for each hundredth
// the pixels in both and in the mask, `truth` is how many are in the truth.
const toWords = (counts, truth, threshold) => {
  const [both, predicted] = counts[Math.round(100 * threshold)];
  const union = truth + predicted - both, sum = truth + predicted;
  const whole = (number) => number.toLocaleString('en-GB'), share = (a, b) => (b ? a / b : 1).toFixed(3);
  return {both: whole(both), twice: `2 · ${whole(both)}`, sum: `${whole(truth)} + ${whole(predicted)}`, union: whole(union),
    extra: whole(predicted - both), missed: whole(truth - both), dice: share(2 * both, sum), iou: share(both, union)};
};

// As the server draws it: a pixel in both masks, in the network's alone, in the truth's alone, in none.
const colourDisagreement = (data, pixels, planes, threshold, [agreed, extra, missed]) => {
  for (let j = 0; j < data.length; j += 4) {
    const isIn = planes[j] >= threshold * 255, isTrue = planes[j + 1] > 127;
    const colour = isIn ? (isTrue ? agreed : extra) : isTrue ? missed : null;
    for (let c = 0; c < 3; c++) data[j + c] = colour ? pixels[j + c] * 0.35 + colour[c] * 0.65 : pixels[j + c] * 0.6 + 51.2;
    data[j + 3] = 255;
  }
};

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.compared'), canvas = document.createElement('canvas');
const pen = canvas.getContext('2d', {willReadFrequently: true});
let threshold = null, pixels = null, planes = null, drawn = null;

const load = (src) => new Promise((done, fail) => {
  const image = new Image(); image.onload = () => done(image); image.onerror = fail; image.src = src;
});
const read = (image) => {
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, canvas.width, canvas.height).data;
};
const draw = () => {
  const value = props.value, image = root.querySelector('figure img');
  if (!value?.counts || !image || threshold === null) return;
  const words = toWords(value.counts, value.truth, threshold);
  for (const place of root.querySelectorAll('[data-is]')) place.textContent = words[place.dataset.is];
  const isOther = pixels && Math.round(100 * threshold) !== Math.round(100 * value.threshold);
  image.hidden = isOther;
  canvas.hidden = !isOther;
  if (!isOther) return;
  const out = pen.createImageData(canvas.width, canvas.height);
  colourDisagreement(out.data, pixels, planes, threshold, value.colours);
  pen.putImageData(out, 0, 0);
};
const renew = async () => {
  const value = props.value;
  pixels = planes = null; drawn = value;
  root.innerHTML = value?.html || '';
  threshold ??= value?.threshold ?? null;
  draw();
  if (!value?.counts) return;
  const sources = await Promise.all([load(value.src), load(value.planes)]);
  if (drawn !== value) return;
  [pixels, planes] = sources.map(read);
  canvas.setAttribute('aria-label', 'Where mask and truth differ');
  root.querySelector('figure img').after(canvas);
  draw();
};
const follow = (event) => {
  if (!element.isConnected) { document.removeEventListener('glassbox-threshold', follow); return; }
  if (threshold !== event.detail) { threshold = event.detail; draw(); }
};
document.addEventListener('glassbox-threshold', follow);
watch('value', renew); renew();
