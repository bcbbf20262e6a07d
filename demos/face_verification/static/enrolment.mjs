// Who is enrolled in this browser: rules, roster and messages as in demos/face_verification/live.py.
import {InputError, cutOut, describeDoubts, embedAll, getOnlyFace} from './faces.mjs';
import {escape, toPage} from './naming.mjs';

/** @typedef {import('./tracking.mjs').Person} Person */
/** @typedef {import('./tracking.mjs').AllNetworks} AllNetworks */
/** @typedef {import('./alignment.mjs').Picture} Picture */
/** @typedef {import('./naming.mjs').Words} Words */

/** Notes over the roster. @param {string[]} notes @param {Words} words */
export const drawNotes = (notes, words) => (notes.length
  ? toPage(words, ...notes.map((note) => `<p class="note">${escape(note)}</p>`)) : '');

/** Who is enrolled, by name. @param {Person[]} people @param {Words} words */
export const drawPeople = (people, words) => {
  const names = people.map(({name}) => `<b>${escape(name)}</b>`).join(', ');
  return toPage(words, people.length ? `<p class="big">Enrolled (${people.length}): ${names}</p>`
    : '<p class="soft">Nobody is enrolled yet.</p>');
};

/**
 * The name as it is kept; InputError where somebody may not be enrolled so.
 * @param {Person[]} people
 * @param {{name: string, consent: boolean}} asked
 * @param {Words} words
 */
export const checkName = (people, {name, consent}, words) => {
  if (consent !== true) throw new InputError(words.noConsent);
  const plain = name.split(/\s+/).filter(Boolean).join(' ');
  if (!plain) throw new InputError('Type a name first.');
  if ([...plain].length > words.longestName) {
    throw new InputError(`This name is too long: use at most ${words.longestName} letters.`);
  }
  if (people.every((person) => person.name !== plain) && people.length >= words.mostPeople) {
    throw new InputError(`${words.mostPeople} people are enrolled: forget them first.`);
  }
  return plain;
};

/**
 * Those enrolled and one more, or one of them anew, and what is to be said of the picture.
 * @param {Person[]} people
 * @param {string} name
 * @param {Picture} picture
 * @param {AllNetworks} networks
 */
export const enrol = async (people, name, picture, networks) => {
  const face = await getOnlyFace(picture, networks);
  const [embedding] = await embedAll([cutOut(picture, face)], networks.sface);
  const others = people.filter((other) => other.name !== name);
  return {people: [...others, {name, embedding}], notes: describeDoubts(face)};
};
