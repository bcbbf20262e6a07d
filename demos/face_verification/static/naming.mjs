// What a webcam's frame shows: framed and named faces, the table of similarities, the numbers.

/** @typedef {import('./tracking.mjs').Track} Track */
/** What the lesson's Python part says: see `tell_browser` in demos/face_verification/live.py. */
/** @typedef {{style: string, same: string, other: string, detector: string, embedder: string, threshold: number,
 * ownModel: string, ownDetector: string, noConsent: string, noPicture: string, mostPeople: number,
 * longestName: number}} Words */

/** @type {Record<string, string>} */
const ESCAPES = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;'};
/** @param {string} text */
export const escape = (text) => text.replace(/[&<>"']/g, (letter) => ESCAPES[letter]);

/** @param {Words} words @param {string[]} parts */
export const toPage = ({style}, ...parts) => `${style}<div class="fv">${parts.join('')}</div>`;

/** @param {number} value */
const round = (value, digits = 2) => value.toFixed(digits).replace('-', '−');

/** What stands at a face. @param {Track} track @param {number} people how many are enrolled */
export const labelOf = ({person, embedding, similarity}, people) => {
  if (!people) return '';
  if (!embedding) return 'looking ...'; // its turn to be looked at has not come yet
  return person ? `${person.name} ${similarity.toFixed(2)}` : '?';
};

/** @param {Track} track @param {Words} words */
const toRow = ({number, person, embedding, similarity}, {same, other}) => {
  if (!embedding) return `<tr><td>${number}</td><td>looking …</td><td>–</td></tr>`;
  const name = person ? `<b>${escape(person.name)}</b>` : 'stranger';
  return `<tr><td>${number}</td><td style="color:${person ? same : other}">${name}</td>`
    + `<td>${round(similarity)}</td></tr>`;
};

/**
 * The table of similarities, as HTML.
 * @param {Track[]} tracks
 * @param {number} people how many are enrolled
 * @param {string} embedder the one chosen for pictures
 * @param {Words} words
 */
export const toTable = (tracks, people, embedder, words) => {
  if (!tracks.length) return toPage(words, '<p class="soft">No face in view.</p>');
  if (!people) {
    const count = tracks.length === 1 ? '1 face' : `${tracks.length} faces`;
    return toPage(words, `<p class="soft">${count} in view; nobody is enrolled to be named.</p>`);
  }
  const isOwn = embedder === words.embedder;
  return toPage(words, isOwn ? '' : `<p class="soft">${escape(words.ownModel)}</p>`,
    '<table><thead><tr><th>face</th><th>name</th><th>cosine</th></tr></thead>'
    + `<tbody>${tracks.map((track) => toRow(track, words)).join('')}</tbody></table>`);
};

/** The same as numbers. @param {Track[]} tracks @param {number} enrolled @param {number} threshold */
export const toNumbers = (tracks, enrolled, threshold) => ({
  enrolled,
  threshold,
  faces: tracks.map(({number, face, person, similarity}) => ({
    number,
    box_xyxy: face.box.map((value) => Math.round(10 * value) / 10),
    score: face.score,
    name: person ? person.name : null,
    similarity: Number.isNaN(similarity) ? null : similarity,
  })),
});

/**
 * Draws the frame, the landmarks and the label of a face.
 * @param {OffscreenCanvasRenderingContext2D} pen
 * @param {Track} track
 * @param {number} people how many are enrolled
 */
export const markFace = (pen, track, people) => {
  const {box, landmarks} = track.face, [x0, y0, x1, y1] = box.map(Math.round);
  const colour = track.person ? 'rgb(47 158 110)' : 'rgb(217 118 43)';
  pen.lineWidth = 5; // as wide as OpenCV's 3
  pen.lineJoin = 'round';
  pen.strokeStyle = colour;
  pen.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0);
  pen.fillStyle = 'rgb(255 176 0)';
  for (const [x, y] of landmarks) {
    pen.beginPath();
    pen.arc(Math.round(x) + 0.5, Math.round(y) + 0.5, 2, 0, 2 * Math.PI);
    pen.fill();
  }
  const label = labelOf(track, people);
  if (!label) return;
  pen.font = '600 22px sans-serif';
  const height = 22, width = pen.measureText(label).width;
  const [x, y] = [Math.max(0, x0), Math.max(height + 8, y0)];
  pen.fillStyle = colour;
  pen.fillRect(x, y - height - 8, width + 8, height + 8);
  pen.fillStyle = '#fff';
  pen.fillText(label, x + 4, y - 5);
};
