// A picture goes from the file, the clipboard or the webcam straight into the component's value;
// nothing is uploaded as a file.

// A picture's sides, shrunk so that the longer one is `most` pixels at most, and neither vanishes.
const fitSides = (width, height, most) => {
  const scale = Math.min(1, most / Math.max(width, height));
  return [width, height].map((side) => Math.max(1, Math.round(side * scale)));
};
const middleOf = ([x0, y0, x1, y1]) =>
  [(x0 + x1) / 2, (y0 + y1) / 2].map((x) => Math.min(1, Math.max(0, x)));
// A PNG of 16 bits: a browser keeps the upper 8, which are black where a camera has 12.
const isDeepPng = (bytes) => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[24] > 8;

// --- in the page ---------------------------------------------------------------------------
const find = (name) => element.querySelector(name);
const root = find('.face-picture'), image = find('img'), video = find('video'), svg = find('svg');
const input = find('input'), note = find('output'), camera = find('.camera');
const NS = 'http://www.w3.org/2000/svg';
let stream = null, isStarting = false;
// Kept: Gradio's props may lack them once the component has been updated.
const maxSide = props.max_side, maxBytes = props.max_bytes;
const noCamera = navigator.mediaDevices ? '' : props.no_camera;

const say = (text) => { note.textContent = text || noCamera; };
const sampleOf = (src) => (props.samples || []).find((one) => src === `sample:${one.name}`);

const drawFaces = () => {
  const active = root.getRootNode().activeElement;
  const focused = svg.contains(active) ? Number(active.dataset.face) : null;
  svg.replaceChildren();
  const width = image.naturalWidth, height = image.naturalHeight;
  if (image.hidden || !width) return;
  image.style.setProperty('--ratio', String(width / height));
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  Object.assign(svg.style, {left: `${image.offsetLeft}px`, top: `${image.offsetTop}px`,
    width: `${image.clientWidth}px`, height: `${image.clientHeight}px`});
  const add = (tag, attributes) => {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    svg.append(node);
    return node;
  };
  (props.faces || []).forEach((face, index) => {
    const [x0, y0, x1, y1] = face.box;
    const frame = add('rect', {x: x0 * width, y: y0 * height, width: (x1 - x0) * width,
      height: (y1 - y0) * height, class: face.chosen ? 'chosen' : '', 'data-face': index});
    if (props.pickable && props.faces.length > 1) {
      const place = middleOf(face.box);
      const pick = () => {
        props.value = {src: props.value.src, face: place};
        trigger('select', {face: place});
      };
      for (const [name, value] of Object.entries({role: 'button', tabindex: 0,
        'aria-label': `Compare face ${index + 1} of ${props.faces.length}`,
        'aria-pressed': Boolean(face.chosen)})) frame.setAttribute(name, value);
      frame.addEventListener('click', pick);
      frame.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        pick();
      });
      if (index === focused) frame.focus();
    }
    const radius = Math.max(width, height) / 110;
    if (face.chosen || props.faces.length < 6) face.points.forEach(([x, y]) =>
      add('circle', {cx: x * width, cy: y * height, r: Math.min(radius, (x1 - x0) * width / 18)}));
  });
};

const show = () => {
  find('.title').textContent = props.title || '';
  if (props.title) root.setAttribute('aria-label', `${props.title}, a picture of a face`);
  const src = props.value && props.value.src;
  const sample = sampleOf(src || '');
  const address = sample ? sample.src : src;
  const isShown = Boolean(sample || /^data:/.test(src || '')) && !stream;
  image.hidden = !isShown;
  find('.hint').hidden = isShown || Boolean(stream);
  if (isShown && image.getAttribute('src') !== address) image.src = address;
  drawFaces();
};

const take = (src) => {
  props.faces = [];
  props.value = src ? {src, face: null} : null;
  show();
  trigger('upload', {});
};

const toDataAddress = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.onerror = failed;
  reader.readAsDataURL(file);
});

const paint = (source, width, height) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = fitSides(width, height, maxSide);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.93);
};

const read = async (file) => {
  if (!file) return;
  say('');
  if (file.size > maxBytes) {
    say(`This file exceeds ${maxBytes / 1e6} MB: choose another one.`);
    return;
  }
  stop();
  try {  // made smaller here, so that little travels; what the browser cannot read goes as it is
    const head = new Uint8Array(await file.slice(0, 32).arrayBuffer());
    if (isDeepPng(head)) throw new Error('the server reads it better');
    const bitmap = await createImageBitmap(file);
    take(paint(bitmap, bitmap.width, bitmap.height));
  } catch {
    take(await toDataAddress(file));
  }
};

const stop = () => {
  if (stream) stream.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = true;
  camera.textContent = 'Webcam';
  show();
};

const start = async () => {
  if (noCamera) { say(noCamera); return; }
  isStarting = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia(
      {video: {width: {ideal: 640}, height: {ideal: 480}}});
  } catch (error) {
    say(/** @type {DOMException} */ (error).name === 'NotAllowedError'
      ? 'The browser did not allow the webcam: allow it with the camera sign beside the address.'
      : 'No free webcam was found: plug one in, or close the program that uses it.');
    return;
  } finally {
    isStarting = false;
  }
  say('');
  video.srcObject = stream;
  video.hidden = false;
  camera.textContent = 'The webcam starts…';
  show();
  const mine = stream;
  const plays = await video.play().then(() => true, () => false);  // from its first frame on
  if (stream !== mine) return;  // stopped meanwhile
  if (plays) camera.textContent = 'Take the picture'; else stop();
};

camera.addEventListener('click', () => {
  if (!stream && !isStarting) start();
  if (!stream || !video.videoWidth) return;
  const src = paint(video, video.videoWidth, video.videoHeight);
  stop();
  take(src);
});
find('.choose').addEventListener('click', () => input.click());
find('.clear').addEventListener('click', () => { say(''); stop(); take(null); });
input.addEventListener('change', () => { read(input.files[0]); input.value = ''; });
root.addEventListener('paste', (event) => read(event.clipboardData.files[0]));
root.addEventListener('dragover', (event) => { event.preventDefault(); root.classList.add('over'); });
root.addEventListener('dragleave', () => root.classList.remove('over'));
root.addEventListener('drop', (event) => {
  event.preventDefault();
  root.classList.remove('over');
  read(event.dataTransfer.files[0]);
});
image.addEventListener('load', drawFaces);
new ResizeObserver(drawFaces).observe(root);
// a closed tab of the page must not leave the camera on
new IntersectionObserver((entries) => {
  if (stream && !entries[0].isIntersecting && !root.offsetParent) stop();
}).observe(root);

for (const one of props.samples || []) {
  const button = document.createElement('button');
  const picture = document.createElement('img');
  button.type = 'button';
  button.title = `Use the sample ${one.title}`;
  button.dataset.name = one.name;
  picture.src = one.src;
  picture.alt = `Sample: ${one.title}`;
  if (one.name === 'group') button.className = 'wide';
  button.append(picture);
  button.addEventListener('click', () => { say(''); stop(); take(`sample:${one.name}`); });
  find('.samples').append(button);
}
watch(['value', 'faces'], show);
show();
say('');
