// The brush that every lesson draws with: strokes on a layer of its own, with mouse, finger or keys.
// A component says what it shows with `brush.show`, and what becomes of a drawing with `brush.send`.
const UNDOS = 10;

// A line's width in pixels of a drawing, `size` in hundredths of its longer side.
const toWidth = (size, width, height) => size / 100 * Math.max(width, height);

// --- in the page ---------------------------------------------------------------------------
const canvas = element.querySelector('canvas'), layer = document.createElement('canvas');
const ink = layer.getContext('2d', {willReadFrequently: true});
layer.width = 0;  // there is nothing to draw on yet
const size = /** @type {HTMLInputElement} */ (element.querySelector('.tools input')), ring = element.querySelector('.ring');
const brush = {
  isOn: true,  // whether the canvas is drawn on
  show: () => {},  // after each change of the layer
  send: () => {},  // once a stroke is over, or a button was pressed
  acts: /** @type {Record<string, () => void>} */ ({}),  // what buttons of the component's own do to the layer
  isDrawing: () => last !== null,
};
let tool = 'paint', last = null;
const before = [];  // the layer as it was, the newest last

const setTool = (name) => {
  tool = name;
  for (const one of element.querySelectorAll('[data-brush]')) one.setAttribute('aria-pressed', String(one.dataset.brush === tool));
};
const showUndo = () => { element.querySelector('[data-act=undo]').disabled = !before.length; };
const remember = () => {
  before.push(ink.getImageData(0, 0, layer.width, layer.height));
  if (before.length > UNDOS) before.shift();
  showUndo();
};
const wipe = () => ink.clearRect(0, 0, layer.width, layer.height);
// Another picture, so wide and so high: nothing is drawn on it yet.
const startAnew = (width, height) => {
  canvas.width = layer.width = width; canvas.height = layer.height = height;
  canvas.style.setProperty('--ratio', String(width / height));
  before.length = 0; last = null;
  showUndo();
};
const undo = () => {
  if (!before.length) return;
  ink.putImageData(before.pop(), 0, 0);
  showUndo(); brush.show(); brush.send();
};
const act = (name) => {
  if (name === 'undo') { undo(); return; }
  remember();
  if (name === 'clear') wipe(); else brush.acts[name]();
  brush.show(); brush.send();
};
const at = (event) => {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * canvas.width, (event.clientY - box.top) / box.height * canvas.height];
};
const stroke = (from, to) => {
  ink.globalCompositeOperation = tool === 'erase' ? 'destination-out' : 'source-over';
  ink.strokeStyle = '#fff'; ink.lineCap = 'round';
  ink.lineWidth = toWidth(Number(size.value), canvas.width, canvas.height);
  ink.beginPath(); ink.moveTo(from[0], from[1]); ink.lineTo(to[0] + 0.01, to[1]); ink.stroke();
  ink.globalCompositeOperation = 'source-over';
  brush.show();
};
const showRing = (event) => {
  ring.hidden = !brush.isOn || event.type === 'pointerleave' || event.pointerType === 'touch';
  if (ring.hidden) return;
  const box = canvas.getBoundingClientRect(), place = ring.parentElement.getBoundingClientRect();
  const wide = toWidth(Number(size.value), box.width, box.height);
  ring.style.cssText = `left: ${event.clientX - place.left}px; top: ${event.clientY - place.top}px; width: ${wide}px; height: ${wide}px`;
};
const end = () => { if (last) { last = null; brush.send(); } };

canvas.addEventListener('pointerdown', (event) => {
  if (!brush.isOn || !layer.width) return;
  canvas.setPointerCapture(event.pointerId);
  remember();
  last = at(event); stroke(last, last);
});
canvas.addEventListener('pointermove', (event) => {
  showRing(event);
  if (!last) return;
  const next = at(event); stroke(last, next); last = next;
});
canvas.addEventListener('pointerleave', showRing);
for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, end);
element.addEventListener('click', (event) => {
  const {brush: name, act: does} = /** @type {Element} */ (event.target).closest('button')?.dataset || {};
  if (name) setTool(name);
  if (does && layer.width) act(does);
});
element.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === 'z' && brush.isOn) { event.preventDefault(); undo(); }
});
setTool('paint'); showUndo();
