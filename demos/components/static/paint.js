// A picture with what is painted on it; its cells go to the server.
const CELLS = 112, WIDTH = 448, COLOUR = '#56b4e9';
// RGBA pixels as a string of 1 (painted more than half) and 0.
const toMask = (pixels) => {
  let mask = '';
  for (let i = 3; i < pixels.length; i += 4) mask += pixels[i] > 127 ? '1' : '0';
  return mask;
};
// As high as the picture's shape asks for, within reason.
const heightFor = (width, height) => Math.max(56, Math.min(896, Math.round(WIDTH * (height / width))));

// --- in the page ---------------------------------------------------------------------------
const pen = canvas.getContext('2d'), tint = document.createElement('canvas'), picture = new Image();

brush.show = () => {
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (picture.complete && picture.naturalWidth) pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  tint.width = layer.width; tint.height = layer.height;
  const colour = tint.getContext('2d');
  colour.fillStyle = COLOUR; colour.fillRect(0, 0, tint.width, tint.height);
  colour.globalCompositeOperation = 'destination-in'; colour.drawImage(layer, 0, 0);
  pen.globalAlpha = 0.55; pen.drawImage(tint, 0, 0); pen.globalAlpha = 1;
};
brush.send = () => {
  const small = document.createElement('canvas');
  small.width = small.height = CELLS;
  const reduced = small.getContext('2d');
  reduced.drawImage(layer, 0, 0, CELLS, CELLS);
  trigger('paint', {mask: toMask(reduced.getImageData(0, 0, CELLS, CELLS).data)});
};
const load = () => {
  if (!/^data:image/.test(props.value || '')) return;
  picture.onload = () => { startAnew(WIDTH, heightFor(picture.naturalWidth, picture.naturalHeight)); brush.show(); };
  picture.src = props.value;
};
startAnew(WIDTH, WIDTH);
watch('value', load);
load();
