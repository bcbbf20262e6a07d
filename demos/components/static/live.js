// The webcam: frames go to the server one after the other and come back as pictures, or are answered
// in this browser. Gradio's own events would read the whole page at every frame; here they only hand
// over the fields' values.
import {Camera} from './camera.mjs';
import {Here} from './here.mjs';
import {Pace} from './pace.mjs';

const pair = element.querySelector('.live-pair');
const [button, freeze, use, mirror, choice, where, text, stages, why] = ['start', 'freeze', 'use', 'mirror',
  'camera', 'where', 'say', 'stages', 'why'].map((name) => pair.querySelector(`[data-does=${name}]`));
const stage = pair.closest('.lesson-grid'), bar = pair.querySelector('progress');
const image = pair.querySelector('img'), painted = pair.querySelector('.live-view canvas');
const LEAST_GAP = 40, FROZEN_GAP = 250, LONG = 400, SHORT = 150;  // milliseconds
const camera = new Camera({video: pair.querySelector('video'), mirror, choice}, Number(pair.dataset.side));
const pace = new Pace(), noCamera = navigator.mediaDevices ? '' : pair.dataset.noCamera;
let run = 0, lanes = 0, number = 0, shown = 0, sentAt = 0;  // a new run ends the last one
let values = null, extras = null, isHere = false;  // the newest picture came from this browser
const isHidden = () => !pair.getClientRects().length;
const say = (words, parts = '') => { text.textContent = words; stages.textContent = parts; stages.hidden = !parts; };
const explain = (words) => { why.textContent = words; why.hidden = !words; };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const hear = (share, words) => {
  bar.hidden = false;
  if (share === null) bar.removeAttribute('value'); else bar.value = share;
  explain(words);
};
const hush = () => { bar.hidden = true; explain(''); };
const here = new Here(server, {hear, closed: () => pair.dispatchEvent(new Event('closed'))});

// Gradio calls this with the fields' values and shows what it returns beside the picture.
pair.exchange = (...given) => {
  const news = extras;
  values = given; extras = null;
  return news || [];
};
// A field that must not wait for the next answer says so: "the button is held", "it was let go".
pair.addEventListener('renew', () => { if (camera.isOpen) trigger('exchange'); });
// By their names, and plain: a Worker takes nothing that Gradio watches.
const readValues = () => JSON.parse(JSON.stringify(Object.fromEntries(
  pair.dataset.names.split(' ').map((name, i) => [name, values[i] ?? null]))));

// A picture is on the page: what stands beside it, and how many come a second.
const count = (reply, words, parts = '') => {
  if (reply.extras) extras = reply.extras;
  pace.note(performance.now());
  if (camera.frozen) say('Frozen: the controls go on acting on this picture.');
  else if (pace.rate) say(`${pace.rate}, ${words}`, parts);
  trigger('exchange');
};
const show = (reply, took) => {
  shown = reply.number;
  if (reply.said) { say(reply.said); return; }
  image.src = reply.src; image.hidden = false; painted.hidden = true;
  pace.noteWay(took, reply.ms);
  count(reply, pace.way);
};
const showHere = (reply) => {
  [painted.width, painted.height] = [reply.picture.width, reply.picture.height];
  const own = painted.getContext('2d');
  if (reply.picture instanceof ImageData) own.putImageData(reply.picture, 0, 0);
  else { own.drawImage(reply.picture, 0, 0); reply.picture.close(); }
  painted.hidden = false; image.hidden = true;
  count(reply, 'in this browser', here.runner.describe(reply));
};

// Whether the page still has the camera in it: what is gone ends.
const isAlive = () => {
  if (!element.isConnected) { stop(); here.close(); }
  return element.isConnected;
};
// Waits until the next frame may be taken; tells whether there is one.
const waitForFrame = async (gap) => {
  const early = sentAt + gap - performance.now();
  if (early <= 0 && camera.hasFrame) return true;
  await sleep(Math.max(early, 5));
  return false;
};
// A lane sends a frame and waits for its picture. Two lanes keep the server busy while a picture
// travels; where an answer takes long, one lane alone keeps the picture fresh.
const follow = async (mine) => {
  lanes += 1;
  while (run === mine && !isHere && isAlive()) {
    // what is loaded here is not kept waiting by frames
    if (!await waitForFrame(camera.frozen || !bar.hidden ? FROZEN_GAP : LEAST_GAP)) continue;
    if (run !== mine || isHere) break;
    sentAt = performance.now();
    const started = sentAt;
    const reply = await server.frame({number: ++number, src: camera.toJpeg(), values});
    if (run !== mine || isHere) break;
    if (!reply) { say('The server does not answer: is it still running?'); await sleep(1000); continue; }
    const took = performance.now() - started;
    if (reply.number > shown) show(reply, took);
    if (took > LONG && lanes > 1) break;
    if (took < SHORT && lanes === 1) follow(mine);
  }
  if (run === mine) lanes -= 1;
};
const followHere = async (mine) => {
  goOnThere(mine, '');
  try {
    await here.open();
  } catch (error) {
    if (run === mine) giveUp(mine, /** @type {Error} */ (error).message);
    return;
  }
  if (run === mine) tellPlace('browser');
  while (run === mine && inBrowser() && isAlive()) {
    if (!await waitForFrame(camera.frozen ? FROZEN_GAP : isHere ? LEAST_GAP : 0)) continue;
    if (run !== mine) break;
    if (isHere) sentAt = performance.now();
    const reply = await here.runner.answer(camera.readPixels(), readValues());
    if (run !== mine || !inBrowser()) break;
    if (reply.kind === 'failed') { giveUp(mine, reply.said); return; }
    if (reply.kind === 'refused') { goOnThere(mine, reply.said); await sleep(500); continue; }
    if (!isHere) { isHere = true; pace.restart(); }
    hush();  // another network may have been loaded meanwhile
    showHere(reply);
  }
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
const giveUp = (mine, said) => {
  here.close();
  goOnThere(mine, said.endsWith('the server goes on.') ? said : `${said.replace(/[.]?$/, '')}: the server goes on.`);
};

// --- which side ---
const inBrowser = () => (where?.value || here.advice) === 'browser';
// What beside the frames a lesson keeps in the page goes where they go.
const tellPlace = (place) => {
  pair.dataset.place = place;
  pair.dispatchEvent(new Event('place', {bubbles: true}));
};
// `data-chosen`: which side is chosen, once it was the browser.
const markChosen = () => {
  if (inBrowser()) pair.dataset.chosen = 'browser';
  else if (pair.dataset.chosen) pair.dataset.chosen = 'server';
};
const chooseByItself = async () => {
  if (!where) return;
  await here.askAdvice();
  where.options[0].textContent = `by itself: ${here.advice === 'browser' ? 'my browser' : 'this server'}`;
};

const begin = () => {
  const mine = ++run;
  lanes = 0; isHere = false;
  pace.restart();
  hush();
  markChosen();
  if (inBrowser()) { followHere(mine); return; }
  here.rest();
  tellPlace('server');
  follow(mine);
};
const open = () => camera.open(() => !isHidden()).catch((error) => { say(error.message); return false; });
const start = async () => {
  if (noCamera) { say(noCamera); return; }
  button.disabled = true;  // while the browser asks for leave
  const isOpen = await open();
  button.disabled = false;
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
  camera.close();
  here.rest();
  hush();
  say('The webcam is off.');
  button.textContent = 'Start webcam';
  tell(false);
};
// What can be done while it runs.
const tell = (isRunning) => {
  camera.frozen = null;
  freeze.ariaPressed = 'false';
  freeze.hidden = mirror.parentElement.hidden = !isRunning;
  use.hidden = !isRunning || !stage?.querySelector('.source-panel input[type=file]');
};

button.addEventListener('click', () => { if (button.textContent === 'Stop') stop(); else start(); });
freeze.addEventListener('click', () => { freeze.ariaPressed = String(camera.freeze()); });
use.addEventListener('click', async () => {
  const data = await (await fetch(camera.toJpeg())).blob();
  stage.dispatchEvent(new CustomEvent('take-picture', {detail: new File([data], 'webcam.jpg', {type: 'image/jpeg'})}));
});
mirror.addEventListener('change', () => { camera.isOwnMirror = true; });
choice.addEventListener('change', () => {
  camera.isOwnMirror = false;
  camera.close();
  open();
});
// Who leaves the tab, an inner one too, or closes the panel has switched the camera off.
new ResizeObserver(() => { markChosen(); if (camera.isOpen && isHidden()) stop(); }).observe(pair);
// Chosen once, it holds for the cameras of all lessons.
where?.addEventListener('change', () => {
  document.livePlace = where.value;
  document.querySelectorAll('[data-does=where]').forEach((one) => { one.value = where.value; });
  markChosen();
  if (camera.isOpen) begin();
});
if (where && document.livePlace) where.value = document.livePlace;
// What a button of the lesson tells it where it runs here; undefined where it does not.
pair.tell = async (what, detail) => (here.runner && inBrowser() ? (await here.runner.tell(what, detail)).data : undefined);
// For what a lesson keeps on either side, webcam or none: which side is chosen, and the Worker's answer.
pair.findPlace = async () => {
  if (where && !where.value && !here.wasAdvised) await chooseByItself();
  markChosen();
  return inBrowser() ? 'browser' : 'server';
};
pair.tellHere = (what, detail) => here.tell(what, detail).finally(hush);
if (noCamera) say(noCamera);
pair.dataset.ready = 'yes';
