// A pad for one digit; the drawing is sent while it grows, a few times a second.
const pad = element.querySelector('canvas');
const ink = pad.getContext('2d');
let last = null, waiting = null;

const clear = () => {
  ink.fillStyle = '#000';
  ink.fillRect(0, 0, pad.width, pad.height);
};
const send = () => {
  if (waiting) return;
  waiting = setTimeout(() => { waiting = null; trigger('draw', {src: pad.toDataURL('image/png')}); }, 150);
};
const at = (event) => {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
};
const line = (from, to) => {
  ink.strokeStyle = '#fff';
  ink.lineWidth = 22;
  ink.lineCap = 'round';
  ink.beginPath();
  ink.moveTo(from[0], from[1]);
  ink.lineTo(to[0], to[1]);
  ink.stroke();
};
pad.addEventListener('pointerdown', (event) => {
  pad.setPointerCapture(event.pointerId);
  last = at(event);
  line(last, last);
  send();
});
pad.addEventListener('pointermove', (event) => {
  if (!last) return;
  const next = at(event);
  line(last, next);
  last = next;
  send();
});
['pointerup', 'pointercancel'].forEach((name) => pad.addEventListener(name, () => { last = null; }));
element.querySelector('.clear').addEventListener('click', () => { clear(); trigger('wipe', {}); });
const draw = () => {
  clear();
  const source = props.value && props.value.src;
  if (typeof source !== 'string' || !source.startsWith('data:image/')) return;
  const image = new Image();
  image.onload = () => ink.drawImage(image, 0, 0, pad.width, pad.height);
  image.src = source;
};
watch('value', draw);
draw();
