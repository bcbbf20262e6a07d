// What tests take of node:assert/strict, in a browser.
const fail = (words) => { throw new Error(words); };
const same = (one, other) => {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
};
const show = (value) => String(JSON.stringify(value)).slice(0, 200);

const assert = {
  ok: (value, words) => value || fail(words || `${value} is not true`),
  equal: (one, other, words) => Object.is(one, other) || fail(words || `${show(one)} is not ${show(other)}`),
  notEqual: (one, other) => Object.is(one, other) && fail(`both are ${show(one)}`),
  deepEqual: (one, other, words) => same(one, other) || fail(words || `${show(one)} is not ${show(other)}`),
  match: (text, pattern) => pattern.test(text) || fail(`${text} does not match ${pattern}`),
  doesNotMatch: (text, pattern) => pattern.test(text) && fail(`${text} matches ${pattern}`),
  throws: (act) => {
    try { act(); } catch { return; }
    fail('nothing was thrown');
  },
};
export default assert;
