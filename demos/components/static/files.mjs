// The server's files: counted as they come in, and checked against the hash that their address holds.

/**
 * A file, as its parts come in.
 * @param {string} address
 * @param {(bytes: number) => void} count
 * @param {RequestCache} [cache]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export const fetchCounted = async (address, count, cache = 'default') => {
  const reply = await fetch(address, {cache});
  if (!reply.ok) throw new Error(`A file could not be loaded (${reply.status})`);
  const parts = [], reader = /** @type {ReadableStream<Uint8Array>} */ (reply.body).getReader();
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    count(part.value.length);
  }
  const whole = new Uint8Array(length);
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
};

/** @param {string} address @param {Uint8Array<ArrayBuffer>} data */
const isSound = async (address, data) => {
  if (!crypto.subtle) return true; // by http from another computer nothing can be checked
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const hash = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return address.split('/').at(-2) === hash;
};

/**
 * A file, whole and sound; what the browser has kept of it may be neither, then it is loaded anew.
 * @param {string} address
 * @param {(bytes: number) => void} [count]
 */
export const fetchFile = async (address, count = () => {}) => {
  for (const cache of /** @type {RequestCache[]} */ (['default', 'reload'])) {
    const data = await fetchCounted(address, count, cache).catch(() => null);
    if (data && await isSound(address, data)) return data;
  }
  throw new Error('What your browser needs could not be loaded');
};

/** Whether the browser has kept a file. @param {string} address */
export const isKept = async (address) => {
  const kept = await fetch(address, {cache: 'only-if-cached', mode: 'same-origin'}).catch(() => null);
  kept?.body?.cancel();
  return Boolean(kept?.ok);
};
