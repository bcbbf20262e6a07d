// Faces followed through a video, as cvcore.face_verification.tracking does it: all is searched now
// and then, the last stage runs in between, and a name is given by a frame's own embedding alone.
import {cutOut, dot, embedAll, shrink, toFaces} from './faces.mjs';
import {findFaces, locate} from './mtcnn.mjs';

/** @typedef {import('./alignment.mjs').Picture} Picture */
/** @typedef {import('./faces.mjs').Face} Face */
/** @typedef {import('./mtcnn.mjs').Networks & {sface: import('./mtcnn.mjs').Network}} AllNetworks */
/** Someone enrolled: a name and a face's numbers, no picture. */
/** @typedef {{name: string, embedding: Float32Array}} Person */
/** One face through the frames: who it is by this frame's own embedding, the cosine to the person most
 * like it and the embedding when it was last made, and how many frames ago that was. */
/** @typedef {{number: number, face: Face, person: Person | null, similarity: number,
 * embedding: Float32Array | null, age: number}} Track */
/** @typedef {{tracks: Track[], frame: number, nextNumber: number}} Tracking */

const DETECT_EVERY = 8; // frames
const SEARCH_SIDE = 320; // pixels: the longer side of the frame when it is searched as a whole
const MIN_FACE = 24; // pixels at that size
const THRESHOLDS = [0.6, 0.7, 0.9]; // stricter than for a photo: a video gives another chance
const FRESH_EMBEDDINGS = 1; // faces without a name embedded a frame at most
const EMBED_EVERY = 3; // frames between two embeddings of a face without a name
const SAME_PLACE = 0.35; // least overlap with the face's last box
const SAME_PERSON = 0.34; // cosine

/** @returns {Tracking} */
export const begin = () => ({tracks: [], frame: 0, nextNumber: 1});

/** @param {Picture} picture @param {AllNetworks} networks */
const search = async (picture, networks) => {
  const small = shrink(picture, SEARCH_SIDE), scale = small.width / picture.width;
  const found = await findFaces(small, networks, {minFace: MIN_FACE, thresholds: THRESHOLDS});
  return toFaces(found, scale);
};

/** O-Net alone, on squares a little larger than the faces of the frame before. */
const lookNearby = async (
  /** @type {Picture} */ picture, /** @type {Track[]} */ tracks, /** @type {AllNetworks} */ {onet},
) => {
  const squares = tracks.map(({face: {box: [x0, y0, x1, y1]}}) => {
    const half = 0.55 * Math.max(x1 - x0, y1 - y0), [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
    return [x - half, y - half, x + half, y + half, 1];
  });
  return toFaces(await locate(picture, squares, 0.7, onet));
};

/** Intersection over union of two boxes. @param {number[]} a @param {number[]} b */
export const overlap = (a, b) => {
  const wide = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const high = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]);
  return (wide * high) / Math.max(areas - wide * high, 1e-9);
};

/**
 * Each face goes to the track whose last box it overlaps most, or starts a new one.
 * @param {Tracking} state
 * @param {Face[]} faces
 * @returns {{tracks: Track[], nextNumber: number}}
 */
const match = (state, faces) => {
  const pairs = state.tracks
    .flatMap((track, t) => faces.map((face, f) => [overlap(track.face.box, face.box), t, f]))
    .sort((a, b) => b[0] - a[0] || b[1] - a[1] || b[2] - a[2]);
  /** @type {Map<number, number>} */
  const taken = new Map();
  for (const [share, t, f] of pairs) {
    if (share >= SAME_PLACE && !taken.has(f) && ![...taken.values()].includes(t)) taken.set(f, t);
  }
  let nextNumber = state.nextNumber;
  const tracks = faces.map((face, f) => {
    const track = state.tracks[taken.get(f) ?? -1];
    if (track) return {...track, face, age: track.age + 1};
    nextNumber += 1;
    return {number: nextNumber - 1, face, person: null, similarity: NaN, embedding: null, age: 0};
  });
  return {tracks, nextNumber};
};

/**
 * The person most like an embedding, null where the similarity stays below the threshold.
 * @param {Float32Array} embedding
 * @param {Person[]} people at least one
 * @param {number} threshold
 */
export const identify = (embedding, people, threshold) => {
  const similarities = people.map((person) => dot(person.embedding, embedding));
  const similarity = Math.max(...similarities);
  const person = similarity >= threshold ? people[similarities.indexOf(similarity)] : null;
  return {person, similarity};
};

/**
 * Embeds each face that was named in the frame before, and of the others whose turn it is. One that is
 * not like the face that was in its place before is another person's: its track begins anew.
 */
const nameTracks = async (
  /** @type {{tracks: Track[], nextNumber: number}} */ {tracks, nextNumber},
  /** @type {Picture} */ picture, /** @type {Person[]} */ people, /** @type {number} */ threshold,
  /** @type {AllNetworks} */ {sface},
) => {
  const due = tracks
    .filter(({person, embedding, age}) => !person && (!embedding || age >= EMBED_EVERY))
    .sort((a, b) => Number(Boolean(a.embedding)) - Number(Boolean(b.embedding)) || b.age - a.age);
  const chosen = [...tracks.filter(({person}) => person), ...due.slice(0, FRESH_EMBEDDINGS)];
  const crops = chosen.map(({face}) => cutOut(picture, face));
  const embeddings = await embedAll(crops, sface, {withMirror: false});
  for (const [i, track] of chosen.entries()) {
    const fresh = embeddings[i];
    if (track.embedding && dot(track.embedding, fresh) < SAME_PERSON) {
      track.number = nextNumber;
      nextNumber += 1;
    }
    Object.assign(track, identify(fresh, people, threshold), {embedding: fresh, age: 0});
  }
  return nextNumber;
};

/**
 * The state after one more frame, with those of `people` named who are in it. With nobody to name,
 * faces are followed by their boxes alone, and none is embedded.
 * @param {Tracking} state
 * @param {Picture} picture
 * @param {{people: Person[], threshold: number, networks: AllNetworks}} asked
 * @returns {Promise<Tracking>}
 */
export const follow = async (state, picture, {people, threshold, networks}) => {
  const isDue = state.frame % DETECT_EVERY === 0 || !state.tracks.length;
  let faces = isDue ? await search(picture, networks)
    : await lookNearby(picture, state.tracks, networks);
  if (faces.length < state.tracks.length && !isDue) faces = await search(picture, networks);
  const matched = match(state, faces);
  if (!people.length) {
    const tracks = matched.tracks.map((track) =>
      ({...track, person: null, similarity: NaN, embedding: null, age: 0}));
    return {...matched, tracks, frame: state.frame + 1};
  }
  const nextNumber = await nameTracks(matched, picture, people, threshold, networks);
  const isCut = nextNumber > matched.nextNumber;
  return {tracks: matched.tracks, frame: isCut ? 0 : state.frame + 1, nextNumber};
};
