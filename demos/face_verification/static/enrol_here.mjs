// Enrolment, from the page's side: to the server by its own button, or to the Worker in this browser,
// which alone then gets the picture.

/** @typedef {HTMLElement & {findPlace: () => Promise<string>, tellHere: (kind: string, detail?: any) => Promise<{isDone: boolean, roster: string}>}} Camera */

const MAX_SIDE = 1280; // pixels, as the server takes them
const UNREADABLE = 'This browser cannot read the picture: choose a JPEG or PNG file.';

const find = (/** @type {string} */ selector) =>
  /** @type {HTMLElement} */ (document.querySelector(selector));
const camera = () => /** @type {Camera} */ (find('#face_verification-live'));
const roster = () => find('#face-roster-here .people-here');
/** The roster with nobody on it, once it was asked for. */
let empty = '';

/**
 * A picture's pixels, transparent ones on white.
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 */
const readPixels = (source, width, height) => {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height)), canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(scale * width));
  canvas.height = Math.max(1, Math.round(scale * height));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
};

/** The picture chosen, else the webcam's newest frame, if it runs. @param {boolean} isChosen */
const takePicture = async (isChosen) => {
  if (isChosen) {
    const image = /** @type {HTMLImageElement} */ (find('#face-enrol-picture .frame img'));
    await image.decode().catch(() => { throw new Error(UNREADABLE); });
    return readPixels(image, image.naturalWidth, image.naturalHeight);
  }
  const video = camera().querySelector('video'), stream = /** @type {MediaStream | null} */ (video?.srcObject);
  return video && stream?.active ? readPixels(video, video.videoWidth, video.videoHeight) : null;
};

/** Over the roster, what is under way or went wrong. @param {string} words */
const note = (words) => {
  const line = document.createElement('p');
  line.className = 'note';
  line.textContent = words;
  roster().querySelector('.fv > .note')?.remove();
  roster().querySelector('.fv')?.prepend(line);
};

const listen = () => {
  if (empty) return;
  empty = roster().innerHTML;
  camera().addEventListener('closed', () => { roster().innerHTML = empty; }); // with the Worker all are gone
};

/**
 * Enrols somebody where the webcam's frames are answered; the fields come back, empty for the next one.
 * @param {string} name
 * @param {any} picture
 * @param {boolean} consent
 * @param {string} detector the one chosen for pictures
 */
export const enrol = async (name, picture, consent, detector) => {
  const kept = [name, picture, consent];
  if (await camera().findPlace() !== 'browser') {
    find('#face-enrol-there').click();
    return kept;
  }
  listen();
  note('Looking for the face …');
  try {
    const asked = {name: name || '', consent, picture: await takePicture(Boolean(picture)), detector};
    const reply = await camera().tellHere('enrol', asked);
    roster().innerHTML = reply.roster;
    return reply.isDone ? ['', null, false] : kept;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    note(said === UNREADABLE ? said
      : said.replace(/(: the server goes on)?[.]?$/, ': choose “this server” under the webcam to enrol there.'));
    return kept;
  }
};

/** Wipes everybody known in this browser; the server is told by its own handler. */
export const forget = async () => {
  if (empty) roster().innerHTML = (await camera().tellHere('forget')).roster;
};
