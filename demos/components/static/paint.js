// A picture with a paint layer over it; the mask goes to the server when the pointer is lifted.
const CELLS = 112, WIDTH = 448;
// RGBA pixels as a string of 1 (painted more than half) and 0.
const toMask = (pixels) => {
  let mask = '';
  for (let i = 3; i < pixels.length; i += 4) mask += pixels[i] > 127 ? '1' : '0';
  return mask;
};
// As high as the picture's shape asks for, within reason.
const heightFor = (width, height) => Math.max(56, Math.min(896, Math.round(WIDTH * (height / width))));

// --- in the page ---------------------------------------------------------------------------
const canvas = element.querySelector('canvas'), context = canvas.getContext('2d');
const layer = document.createElement('canvas');
layer.width = layer.height = WIDTH;
const paint = layer.getContext('2d');
const picture = new Image();
let mode = 'paint', last = null;

const show = () => {
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (picture.complete && picture.naturalWidth) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = 0.5;
  context.drawImage(layer, 0, 0);
  context.globalAlpha = 1;
};
const wipe = () => { paint.clearRect(0, 0, layer.width, layer.height); show(); };
const fit = () => {
  canvas.height = layer.height = heightFor(picture.naturalWidth, picture.naturalHeight);
  canvas.style.setProperty('--ratio', String(canvas.width / canvas.height));
  wipe();
};
const at = (event) => {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * canvas.width,
    (event.clientY - box.top) / box.height * canvas.height];
};
const stroke = (from, to) => {
  paint.globalCompositeOperation = mode === 'erase' ? 'destination-out' : 'source-over';
  paint.strokeStyle = '#ff2d00';
  paint.lineWidth = Number(element.querySelector('input').value);
  paint.lineCap = 'round';
  paint.beginPath(); paint.moveTo(from[0], from[1]); paint.lineTo(to[0] + 0.01, to[1]); paint.stroke();
  show();
};
const send = () => {
  const small = document.createElement('canvas');
  small.width = small.height = CELLS;
  const reduced = small.getContext('2d');
  reduced.drawImage(layer, 0, 0, CELLS, CELLS);
  trigger('paint', {mask: toMask(reduced.getImageData(0, 0, CELLS, CELLS).data)});
};
canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId); last = at(event); stroke(last, last);
});
canvas.addEventListener('pointermove', (event) => {
  if (!last) return;
  const next = at(event); stroke(last, next); last = next;
});
canvas.addEventListener('pointerup', () => { if (last) { last = null; send(); } });
canvas.addEventListener('pointercancel', () => { last = null; });
element.addEventListener('click', (event) => {
  const button = /** @type {Element} */ (event.target).closest('button');
  if (!button) return;
  if (button.dataset.do === 'clear') { wipe(); send(); return; }
  mode = button.dataset.do;
  element.querySelectorAll('button').forEach((one) => one.classList.toggle('on', one === button));
});
const load = () => {
  if (!/^data:image/.test(props.value || '')) return;
  picture.onload = fit;
  picture.src = props.value;
};
watch('value', load);
load();
