// The visitor's own background stays in this page. Who answers the webcam's frames gets it: the
// server, or the Worker of this browser.

// A picture's sides, shrunk so that the longer one is `most` pixels at most, and neither vanishes.
const fitInto = (width, height, most) => {
  const scale = Math.min(1, most / Math.max(width, height));
  return [width, height].map((side) => Math.max(1, Math.round(side * scale)));
};

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.own-background'), input = root.querySelector('input');
const [image, note] = [root.querySelector('img'), root.querySelector('output')];
const [choose, paste, clear] = ['choose', 'paste', 'clear'].map((name) => root.querySelector(`.${name}`));
const lesson = element.closest('.lesson-grid');
const HINT = note.textContent;
let picture = null, isSent = true;  // nothing is not worth sending

const readPixels = () => picture?.getContext('2d').getImageData(0, 0, picture.width, picture.height) || null;
const hand = () => {
  const pair = lesson.querySelector('.live-pair'), place = pair?.dataset.place;  // where the frames go
  if (place === 'browser') pair.tell('background', readPixels());
  if (place !== 'server' || isSent) return;
  isSent = true;
  trigger('upload', {src: picture ? image.src : ''});
};
const take = (canvas) => {
  picture = canvas;
  isSent = false;
  image.hidden = clear.hidden = !canvas;
  if (canvas) image.src = canvas.toDataURL('image/jpeg', 0.93);
  note.textContent = canvas ? '' : HINT;
  hand();
};
const read = async (file) => {
  if (!file) return;
  const most = Number(root.dataset.bytes);
  if (file.size > most) { note.textContent = `This file exceeds ${most / 1e6} MB: choose another one.`; return; }
  try {
    const bitmap = await createImageBitmap(file), canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = fitInto(bitmap.width, bitmap.height, Number(root.dataset.side));
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    take(canvas);
  } catch {
    note.textContent = 'This browser cannot read this file as a picture: choose a JPEG or PNG file.';
  }
};

// A paste with the keyboard is the lesson's picture.
paste.addEventListener('click', async () => {
  const items = await navigator.clipboard?.read().catch(() => null);
  const [item, type] = (items || []).flatMap((one) => one.types.map((kind) => [one, kind]))
    .find(([, kind]) => kind.startsWith('image/')) || [];
  if (item) read(await item.getType(type));
  else note.textContent = items ? 'There is no picture in the clipboard.' : 'This browser does not let the page see the clipboard.';
});
choose.addEventListener('click', () => input.click());
clear.addEventListener('click', () => { take(null); choose.focus(); });
input.addEventListener('change', () => { read(input.files[0]); input.value = ''; });
const listen = (name, act) => root.addEventListener(name, (event) => {
  event.preventDefault();
  event.stopPropagation();  // it is not the lesson's picture
  act(event);
});
listen('drop', (event) => { root.classList.remove('over'); read(event.dataTransfer.files[0]); });
listen('dragover', () => root.classList.add('over'));
root.addEventListener('dragleave', () => root.classList.remove('over'));
lesson.addEventListener('place', hand);
