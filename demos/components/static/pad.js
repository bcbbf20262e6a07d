// A pad for one digit, white on black; the drawing is sent while it grows, a few times a second.
const SIDE = 280, PAUSE_MS = 150;

// --- in the page ---------------------------------------------------------------------------
const pen = canvas.getContext('2d');
let waiting = null;

const isEmpty = () => !ink.getImageData(0, 0, SIDE, SIDE).data.some(Boolean);
const send = () => {
  waiting ??= setTimeout(() => { waiting = null; trigger('draw', {src: canvas.toDataURL('image/png')}); }, PAUSE_MS);
};
brush.show = () => {
  pen.fillStyle = '#000'; pen.fillRect(0, 0, SIDE, SIDE);
  pen.drawImage(layer, 0, 0);
  if (brush.isDrawing()) send();
};
brush.send = () => {
  if (!isEmpty()) { send(); return; }
  clearTimeout(waiting); waiting = null;
  trigger('wipe', {});
};
const draw = () => {
  startAnew(SIDE, SIDE);
  brush.show();
  const source = props.value && props.value.src;
  if (typeof source !== 'string' || !source.startsWith('data:image/')) return;
  const image = new Image();
  image.onload = () => {
    ink.drawImage(image, 0, 0, SIDE, SIDE);
    // what is black is not drawn yet, and can be erased like all else
    const drawn = ink.getImageData(0, 0, SIDE, SIDE), {data} = drawn;
    for (let i = 0; i < data.length; i += 4) { data[i + 3] = data[i]; data[i] = data[i + 1] = data[i + 2] = 255; }
    ink.putImageData(drawn, 0, 0);
    brush.show();
  };
  image.src = source;
};
watch('value', draw);
draw();
