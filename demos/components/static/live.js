// The webcam: frames go to the server one after the other and come back as pictures, or are answered
// in this browser. Gradio's own events would read the whole page at every frame; here they only hand
// over the fields' values.
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
// Times in milliseconds, first to last: how many a second.
const rateOf = (times) => (times.length - 1) * 1000 / (times.at(-1) - times[0]);
// A picture's sides, shrunk so that the longer one is `most` pixels at most.
const fitSides = (width, height, most) => {
  const scale = Math.min(1, most / Math.max(width, height));
  return [Math.round(width * scale), Math.round(height * scale)];
};

// Whether a camera looks at who sits before the screen, as far as it is known: who sees themselves
// expects a mirror, while a page or a street must stay as it is.
const isFront = (facing, label) => (facing ? facing === 'user'
  : /\b(front|facetime|integrated|built-?in)\b/i.test(label) && !/\b(back|rear)\b/i.test(label));

// --- in the page ---------------------------------------------------------------------------
const pair = element.querySelector('.live-pair');
const video = pair.querySelector('video');
const [button, freeze, use, mirror, cameras, where, text, stages, why] = ['start', 'freeze', 'use', 'mirror',
  'camera', 'where', 'say', 'stages', 'why'].map(name => pair.querySelector(`[data-does=${name}]`));
const stage = pair.closest('.lesson-grid');
const image = pair.querySelector('img'), painted = pair.querySelector('.live-view canvas');
const bar = pair.querySelector('progress');
const canvas = document.createElement('canvas'), times = [], ways = [];
const pen = canvas.getContext('2d', {willReadFrequently: true});
const SIDE = Number(pair.dataset.side), LEAST_GAP = 40, FROZEN_GAP = 250, LONG = 400, SHORT = 150;  // pixels; milliseconds
let stream = null, run = 0, lanes = 0, number = 0, shown = 0, sentAt = 0;
let values = null, extras = null, isOwnMirror = false;  // the visitor has set it for this camera
let frozen = null;  // the picture that is worked on, as the canvas holds it
let here = null, runner = null;  // the module runner.mjs, and its Worker
let isHere = false, chosenByItself = 'server', isChosen = false, opening = null;
const noCamera = navigator.mediaDevices ? '' : pair.dataset.noCamera;
const isHidden = () => !pair.getClientRects().length;
const say = (words, parts = '') => { text.textContent = words; stages.textContent = parts; stages.hidden = !parts; };
const explain = words => { why.textContent = words; why.hidden = !words; };
const sleep = ms => new Promise(done => setTimeout(done, ms));

// Gradio calls this with the fields' values and shows what it returns beside the picture.
pair.exchange = (...given) => {
  const news = extras;
  values = given; extras = null;
  return news || [];
};

// A field that must not wait for the next answer says so: "the button is held", "it was let go".
pair.addEventListener('renew', () => { if (stream) trigger('exchange'); });

const COMPLAINTS = {
  NotAllowedError: 'The browser did not allow the webcam: allow it with the camera sign beside the '
    + 'address, then try again.',
  NotFoundError: 'No free webcam was found: plug one in, or close the program that uses it, then '
    + 'try again.',
};
COMPLAINTS.NotReadableError = COMPLAINTS.OverconstrainedError = COMPLAINTS.NotFoundError;

const open = async () => {
  if (noCamera) { say(noCamera); return false; }
  const chosen = cameras.value ? {deviceId: {exact: cameras.value}} : {};
  try {
    stream = await navigator.mediaDevices.getUserMedia(
      {video: {width: {ideal: 640}, height: {ideal: 480}, ...chosen}});
  } catch (error) {
    say(COMPLAINTS[/** @type {DOMException} */ (error).name] || COMPLAINTS.NotFoundError);
    return false;
  }
  if (isHidden()) { close(); return false; }  // left while the browser asked for leave
  const mine = stream;
  video.srcObject = stream; video.hidden = false;
  await video.play().catch(() => {});  // it is asked to begin anew where it was stopped meanwhile
  const found = (await navigator.mediaDevices.enumerateDevices())
    .filter(device => device.kind === 'videoinput');
  if (stream !== mine) return false;  // left while it warmed up
  const film = stream.getVideoTracks()[0];
  if (!isOwnMirror) mirror.checked = isFront(film.getSettings().facingMode, film.label);
  if (found.length > 1 && !cameras.options.length) {
    found.forEach((device, i) => cameras.add(
      new Option(device.label || `Webcam ${i + 1}`, device.deviceId)));
    cameras.value = stream.getVideoTracks()[0].getSettings().deviceId;
    cameras.hidden = false;
  }
  return true;
};
const close = () => {
  if (stream) stream.getTracks().forEach(track => track.stop());
  stream = null;
};

// The newest frame, or the frozen one, on the canvas.
const draw = () => {
  if (frozen) { [canvas.width, canvas.height] = [frozen.width, frozen.height]; pen.putImageData(frozen, 0, 0); return; }
  [canvas.width, canvas.height] = fitSides(video.videoWidth, video.videoHeight, SIDE);
  if (mirror.checked) { pen.translate(canvas.width, 0); pen.scale(-1, 1); }
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
};
const readPixels = () => { draw(); return pen.getImageData(0, 0, canvas.width, canvas.height); };
const grab = () => { draw(); return canvas.toDataURL('image/jpeg', frozen ? 0.95 : 0.85); };

// A picture is on the page: what stands beside it, and how many come a second.
const count = (reply, words, parts) => {
  if (reply.extras) extras = reply.extras;
  const now = performance.now();
  times.push(now);
  while (now - times[0] > 2000) times.shift();
  if (frozen) say('Frozen: the controls go on acting on this picture.');
  else if (times.length > 2) say(`${rateOf(times).toFixed(1)} frames a second, ${words}`, parts);
  trigger('exchange');
};
const show = (reply, took) => {
  shown = reply.number;
  if (reply.said) { say(reply.said); return; }
  image.src = reply.src; image.hidden = false; painted.hidden = true;
  ways.push(Math.max(0, took - reply.ms));
  if (ways.length > 15) ways.shift();
  count(reply, `${median(ways).toFixed(0)} ms to the server and back`);
};
const showHere = reply => {
  [painted.width, painted.height] = [reply.picture.width, reply.picture.height];
  const own = painted.getContext('2d');
  if (reply.picture instanceof ImageData) own.putImageData(reply.picture, 0, 0);
  else { own.drawImage(reply.picture, 0, 0); reply.picture.close(); }
  painted.hidden = false; image.hidden = true;
  count(reply, 'in this browser', runner.describe(reply));
};

// A lane sends a frame and waits for its picture. Two lanes keep the server busy while a picture
// travels; where an answer takes long, one lane alone keeps the picture fresh.
const follow = async mine => {
  lanes += 1;
  while (run === mine && !isHere) {
    if (!element.isConnected) { stop(); closeRunner(); break; }
    // what is loaded here is not kept waiting by frames
    const early = sentAt + (frozen || !bar.hidden ? FROZEN_GAP : LEAST_GAP) - performance.now();
    if (early > 0 || !video.videoWidth) { await sleep(Math.max(early, 5)); continue; }
    sentAt = performance.now();
    const started = sentAt;
    const reply = await server.frame({number: ++number, src: grab(), values});
    if (run !== mine || isHere) break;
    if (!reply) { say('The server does not answer: is it still running?'); await sleep(1000); continue; }
    const took = performance.now() - started;
    if (reply.number > shown) show(reply, took);
    if (took > LONG && lanes > 1) break;
    if (took < SHORT && lanes === 1) follow(mine);
  }
  if (run === mine) lanes -= 1;
};

// What beside the frames a lesson keeps in the page goes where they go.
const tellPlace = place => {
  pair.dataset.place = place;
  pair.dispatchEvent(new Event('place', {bubbles: true}));
};
// Meanwhile, and where this browser cannot, the server answers; but for what must not travel.
const goOnThere = (mine, words) => {
  isHere = false;
  bar.hidden = true;
  const stays = pair.dataset.private && inBrowser();
  if (!stays) tellPlace('server');
  explain(words && stays ? words.replace('the server goes on', 'choose “this server” to go on there') : words);
  if (!stays && lanes === 0) follow(mine);
};
const hear = (share, words) => {
  bar.hidden = false;
  if (share === null) bar.removeAttribute('value'); else bar.value = share;
  explain(words);
};
// By their names, and plain: a Worker takes nothing that Gradio watches.
const readValues = () => JSON.parse(JSON.stringify(Object.fromEntries(
  pair.dataset.names.split(' ').map((name, i) => [name, values[i] ?? null]))));
const loadRunner = async () => {
  const setup = await server.setup();
  if (!setup || setup.said) throw new Error(setup?.said || 'The server does not answer');
  here ??= await import(new URL(setup.runner, document.baseURI).href).catch(() => {
    throw new Error('The program could not be loaded into this browser');
  });
  const obstacle = here.findObstacle();
  if (obstacle) throw new Error(obstacle);
  runner = new here.Runner(setup, server, hear);
  await runner.opened;
  return runner;
};
const closeRunner = () => {
  runner?.close();
  runner = opening = null;
  pair.dispatchEvent(new Event('closed'));
};
// The Worker, once the lesson is in it: one for all that ask.
const openRunner = () => opening ??= loadRunner().catch(error => { closeRunner(); throw error; });
const followHere = async mine => {
  goOnThere(mine, '');
  try {
    await openRunner();
    tellPlace('browser');
  } catch (error) {
    if (run === mine) giveUp(mine, /** @type {Error} */ (error).message);
    return;
  }
  while (run === mine && inBrowser()) {
    if (!element.isConnected) { stop(); closeRunner(); break; }
    const early = sentAt + (frozen ? FROZEN_GAP : isHere ? LEAST_GAP : 0) - performance.now();
    if (early > 0 || !video.videoWidth) { await sleep(Math.max(early, 5)); continue; }
    if (isHere) sentAt = performance.now();
    const reply = await runner.answer(readPixels(), readValues());
    if (run !== mine || !inBrowser()) break;
    if (reply.kind === 'failed') { giveUp(mine, reply.said); return; }
    if (reply.kind === 'refused') { goOnThere(mine, reply.said); await sleep(500); continue; }
    if (!isHere) { isHere = true; times.length = 0; }
    bar.hidden = true;  // another network may have been loaded meanwhile
    explain('');
    showHere(reply);
  }
};
const giveUp = (mine, said) => {
  closeRunner();
  goOnThere(mine, said.endsWith('the server goes on.') ? said : `${said.replace(/[.]?$/, '')}: the server goes on.`);
};
const inBrowser = () => (where?.value || chosenByItself) === 'browser';
// `data-chosen`: which side is chosen, once it was the browser.
const markChosen = () => {
  if (inBrowser()) pair.dataset.chosen = 'browser';
  else if (pair.dataset.chosen) pair.dataset.chosen = 'server';
};
const chooseByItself = async () => {
  if (!where) return;
  const setup = await server.setup();
  chosenByItself = setup?.place || 'server';
  isChosen = true;
  where.options[0].textContent = `by itself: ${chosenByItself === 'browser' ? 'my browser' : 'this server'}`;
};
const begin = () => {
  const mine = ++run;
  lanes = 0; times.length = ways.length = 0; isHere = false;
  explain('');
  bar.hidden = true;
  markChosen();
  if (inBrowser()) followHere(mine); else { tellPlace('server'); follow(mine); }
};

const start = async () => {
  button.disabled = true;  // while the browser asks for leave
  let isOpen = Boolean(stream);
  try { isOpen ||= await open(); } finally { button.disabled = false; }
  if (!isOpen) return;
  button.textContent = 'Stop';
  tell(true);
  const mine = ++run;
  values = null;
  trigger('exchange');
  if (!where?.value) await chooseByItself();
  while (run === mine && !values) await sleep(20);
  if (run === mine) begin();
};
const stop = () => {
  run += 1;
  close();
  explain('');
  bar.hidden = true;
  button.textContent = 'Start webcam';
  tell(false);
};
// What can be done while it runs.
const tell = (isRunning) => {
  frozen = null;
  freeze.ariaPressed = 'false';
  freeze.hidden = mirror.parentElement.hidden = !isRunning;
  use.hidden = !isRunning || !stage?.querySelector('.source-panel input[type=file]');
};

button.addEventListener('click', () => { if (button.textContent === 'Stop') stop(); else start(); });
freeze.addEventListener('click', () => {
  frozen = frozen ? null : readPixels();
  freeze.ariaPressed = String(Boolean(frozen));
});
use.addEventListener('click', async () => {
  const data = await (await fetch(grab())).blob();
  stage.dispatchEvent(new CustomEvent('take-picture', {detail: new File([data], 'webcam.jpg', {type: 'image/jpeg'})}));
});
// Who leaves the tab, an inner one too, or closes the panel has switched the camera off.
new ResizeObserver(() => { markChosen(); if (stream && isHidden()) stop(); }).observe(pair);
// Chosen once, it holds for the cameras of all lessons.
where?.addEventListener('change', () => {
  document.livePlace = where.value;
  document.querySelectorAll('[data-does=where]').forEach(one => { one.value = where.value; });
  markChosen();
  if (stream) begin();
});
if (where && document.livePlace) where.value = document.livePlace;
// What a button of the lesson tells it where it runs here; undefined where it does not.
pair.tell = async (what, detail) => (runner && inBrowser() ? (await runner.tell(what, detail)).data : undefined);
// For what a lesson keeps on either side, webcam or none: which side is chosen, and the Worker's answer.
pair.findPlace = async () => {
  if (where && !where.value && !isChosen) await chooseByItself();
  markChosen();
  return inBrowser() ? 'browser' : 'server';
};
pair.tellHere = async (what, detail) => {
  try {
    const reply = await (await openRunner()).tell(what, detail);
    if (reply.kind === 'failed') throw new Error(reply.said);
    return reply.data;
  } finally {
    bar.hidden = true;
    explain('');
  }
};
mirror.addEventListener('change', () => { isOwnMirror = true; });
cameras.addEventListener('change', async () => {
  isOwnMirror = false;
  close();
  await open();
});
if (noCamera) say(noCamera);
pair.dataset.ready = 'yes';
