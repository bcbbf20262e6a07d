// Drawing by keyboard, on whatever is drawn on with the pointer (`data-draws`): arrow keys move a pen, with Shift
// further; Space lowers and lifts it.
const STEPS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const NEAR = 6, FAR = 30;  // pixels of the screen

// Where the pen is after a key, within a place so wide and so high.
export const movePen = (place, key, isFar, size) => STEPS[key].map((way, axis) =>
  Math.min(Math.max(place[axis] + way * (isFar ? FAR : NEAR), 0), size[axis] - 1));

// --- in the page -----------------------------------------------------------------------------
let canvas = null, at = [0, 0], isDown = false, mark = null;

const tell = (kind) => {
  const box = canvas.getBoundingClientRect();
  const event = new PointerEvent(kind, {bubbles: true, cancelable: true, isPrimary: true, pointerId: 1, buttons: isDown ? 1 : 0,
    clientX: box.left + at[0], clientY: box.top + at[1]});
  canvas.setPointerCapture = () => {};  // there is no pointer that could be held
  canvas.dispatchEvent(event);
  delete canvas.setPointerCapture;
};
const showPen = () => {
  const box = canvas.getBoundingClientRect();
  mark ??= document.body.appendChild(Object.assign(document.createElement('div'), {className: 'key-pen'}));
  mark.style.cssText = `left: ${box.left + at[0]}px; top: ${box.top + at[1]}px;`;
  mark.classList.toggle('down', isDown);
};
const leave = () => {
  if (isDown) { isDown = false; tell('pointerup'); }
  mark?.remove();
  canvas = mark = null;
};
const press = (event) => {
  const place = event.target;
  if (!place.matches?.('canvas[data-draws]') || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key !== ' ' && !STEPS[event.key]) return;
  event.preventDefault();
  if (canvas !== place) {
    if (canvas) leave();
    canvas = place;
    at = [place.clientWidth / 2, place.clientHeight / 2];
    place.addEventListener('blur', leave, {once: true});
  }
  if (event.key === ' ') {
    if (!event.repeat) { isDown = !isDown; tell(isDown ? 'pointerdown' : 'pointerup'); }
  } else {
    at = movePen(at, event.key, event.shiftKey, [place.clientWidth, place.clientHeight]);
    if (isDown) tell('pointermove');
  }
  showPen();
};

if (typeof document !== 'undefined') document.addEventListener('keydown', press);
