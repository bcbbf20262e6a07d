// Browsers hand a folder over as loose files, and the upload forgets their folders. So the folder
// is packed into a zip file here (stored, not compressed) and given to the zip field next to it.

const MAX_PICTURES = 2000;
const LARGE = 500_000;  // bytes: a photo beyond that is shrunk to the size the page works at
const MAX_SIDE = 1280;
// as in cvcore/core/folders.py: what cannot be read is named by the server, not left out here
const SUFFIXES = ('jpg jpeg jpe jif jfif jfi pjpeg pjp mpo png apng webp gif bmp dib tif tiff avif avifs '
  + 'heic heif hif jp2 j2k j2c jpc jpf jpx ppm pgm pbm pnm pfm ico icns tga qoi pcx psd dds '
  + 'sgi jxl svg svgz exr hdr dng cr2 cr3 crw nef nrw arw orf raf rw2 pef srw').split(' ');
const encode = (text) => new TextEncoder().encode(text);

const CRC_TABLE = Uint32Array.from({length: 256}, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xEDB88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc32 = (bytes) => {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
};

// A zip header: fields of [bytes, value], little-endian, then the name.
const header = (fields, name) => {
  const size = fields.reduce((sum, [bytes]) => sum + bytes, 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true); else view.setUint32(at, value, true);
    at += bytes;
  }
  return [view.buffer, name];
};

const isPicture = (path) => {  // and no hidden file
  const suffix = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return path.includes('.') && SUFFIXES.includes(suffix) && !/(^|\/)(\.|__MACOSX\/)/.test(path);
};
// A PNG of 16 bits: a browser keeps the upper 8, which are black where a camera has 12.
const isDeepPng = (bytes) => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[24] > 8;

// A zip file that grows: `add` what was read, then `end` gives all parts in their order.
const startZip = () => {
  const parts = [], directory = [];
  let count = 0, offset = 0, directorySize = 0;
  return {
    add(path, bytes) {
      const name = encode(path);
      // version, UTF-8 names, stored, no time, checksum, sizes, length of the name
      const common = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 33], [4, crc32(bytes)],
        [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0]];
      const entry = header([[4, 0x04034b50], ...common], name);
      parts.push(...entry, bytes);
      directory.push(...header([[4, 0x02014b50], [2, 20], ...common,
        [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]], name));
      offset += entry[0].byteLength + name.length + bytes.length;
      directorySize += 46 + name.length;
      count += 1;
    },
    end() {
      const end = header([[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count],
        [4, directorySize], [4, offset], [2, 0]], new Uint8Array());
      return [...parts, ...directory, ...end];
    },
  };
};

// --- in the page ---------------------------------------------------------------------------
const note = element.querySelector('.note');
const input = element.querySelector('input');
const zone = element.querySelector('.zone');

const shrink = async (file) => {
  if (file.size < LARGE) return file;
  try {
    if (isDeepPng(new Uint8Array(await file.slice(0, 32).arrayBuffer()))) return file;
    const bitmap = await createImageBitmap(file, {imageOrientation: 'from-image'});
    const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(bitmap.width * scale); canvas.height = Math.round(bitmap.height * scale);
    const paper = canvas.getContext('2d');
    paper.fillStyle = '#fff'; paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.imageSmoothingQuality = 'high';
    paper.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const smaller = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.95));
    return smaller && smaller.size < file.size ? smaller : file;
  } catch { return file; }  // a format that only the server can read, or a damaged file
};

const pack = async (files) => {
  const zip = startZip();
  for (const [index, [path, file]] of files.entries()) {
    zip.add(path, new Uint8Array(await (await shrink(file)).arrayBuffer()));
    if (index % 50 === 0) note.textContent = `Packing ${index + 1} of ${files.length} pictures`;
  }
  return new File(zip.end(), 'folder.zip', {type: 'application/zip'});
};

const take = async (files) => {
  const pictures = files.filter(([path]) => isPicture(path));
  if (!pictures.length) { note.textContent = 'There is no picture in this folder: choose another one.'; return; }
  if (pictures.length > MAX_PICTURES) {
    note.textContent = `This folder has ${pictures.length} pictures: choose one with at most ${MAX_PICTURES}.`;
    return;
  }
  const zip = await pack(pictures);
  if (zip.size > props.max_bytes) {
    note.textContent = `This folder packs to ${(zip.size / 1e6).toFixed(0)} MB: choose one of at most `
      + `${(props.max_bytes / 1e6).toFixed(0)} MB.`;
    return;
  }
  const field = document.getElementById(props.target);
  field.querySelector('button[aria-label="Clear"], button[aria-label="Remove this file"]')?.click();
  await new Promise((done) => setTimeout(done, 200));
  const transfer = new DataTransfer();
  transfer.items.add(zip);
  const upload = field.querySelector('input[type=file]');
  upload.files = transfer.files;
  upload.dispatchEvent(new Event('change', {bubbles: true}));
  note.textContent = `${pictures.length} picture${pictures.length > 1 ? "s" : ""}, ${(zip.size / 1e6).toFixed(1)} MB`;
};

const walk = async (entry) => {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    return [[entry.fullPath.replace(/^\//, ''), file]];
  }
  const reader = entry.createReader(), found = [];
  for (;;) {  // a reader gives at most 100 entries at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const one of some) found.push(...await walk(one));
  }
};
const failed = () => { note.textContent = 'This folder could not be read: choose another one.'; };

input.addEventListener('change', () => {
  take([...input.files].map((file) => [file.webkitRelativePath || file.name, file]))
    .catch(failed).finally(() => { input.value = ''; });
});
zone.addEventListener('click', () => input.click());
zone.addEventListener('dragover', (event) => { event.preventDefault(); zone.classList.add('over'); });
zone.addEventListener('dragleave', () => zone.classList.remove('over'));
zone.addEventListener('drop', (event) => {
  event.preventDefault();
  zone.classList.remove('over');
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  Promise.all(entries.map(walk)).then((found) => take(found.flat())).catch(failed);
});
