// The webcam, and its newest frame on a canvas.

/**
 * A picture's sides, shrunk so that the longer one is `most` pixels at most.
 * @param {number} width
 * @param {number} height
 * @param {number} most
 */
export const fitSides = (width, height, most) => {
  const scale = Math.min(1, most / Math.max(width, height));
  return [Math.round(width * scale), Math.round(height * scale)];
};

/**
 * Whether a camera looks at who sits before the screen, as far as it is known: who sees themselves
 * expects a mirror, while a page or a street must stay as it is.
 * @param {string | undefined} facing
 * @param {string} label
 */
export const isFront = (facing, label) => (facing ? facing === 'user'
  : /\b(front|facetime|integrated|built-?in)\b/i.test(label) && !/\b(back|rear)\b/i.test(label));

const NO_LEAVE = 'The browser did not allow the webcam: allow it with the camera sign beside the address, then try again.';
const NOT_FREE = 'No free webcam was found: plug one in, or close the program that uses it, then try again.';

export class Camera {
  /**
   * @param {{video: HTMLVideoElement, mirror: HTMLInputElement, choice: HTMLSelectElement}} parts
   * @param {number} side the frames' longer one, in pixels
   */
  constructor({video, mirror, choice}, side) {
    this.video = video;
    this.mirror = mirror;
    this.choice = choice;
    this.side = side;
    this.canvas = document.createElement('canvas');
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d', {willReadFrequently: true}));
    /** @type {MediaStream | null} */
    this.stream = null;
    /** The picture that is worked on, as the canvas holds it. @type {ImageData | null} */
    this.frozen = null;
    this.isOwnMirror = false; // the visitor has set it for this camera
  }

  get isOpen() { return Boolean(this.stream); }

  get hasFrame() { return this.video.videoWidth > 0; }

  /**
   * Opens the camera that is chosen; says false if it was closed meanwhile, and fails with a sentence.
   * @param {() => boolean} isWanted whether it still is, once the browser has given leave
   */
  async open(isWanted) {
    const chosen = this.choice.value ? {deviceId: {exact: this.choice.value}} : {};
    const stream = await navigator.mediaDevices.getUserMedia(
      {video: {width: {ideal: 640}, height: {ideal: 480}, ...chosen}}).catch((error) => {
      throw new Error(error.name === 'NotAllowedError' ? NO_LEAVE : NOT_FREE);
    });
    this.stream = stream;
    if (!isWanted()) { this.close(); return false; }
    this.video.srcObject = stream;
    this.video.hidden = false;
    await this.video.play().catch(() => {}); // it is asked to begin anew where it was stopped meanwhile
    const found = (await navigator.mediaDevices.enumerateDevices()).filter(({kind}) => kind === 'videoinput');
    if (this.stream !== stream) return false; // left while it warmed up
    const [film] = stream.getVideoTracks(), {facingMode, deviceId} = film.getSettings();
    if (!this.isOwnMirror) this.mirror.checked = isFront(facingMode, film.label);
    if (found.length > 1 && !this.choice.options.length) {
      found.forEach((device, i) => this.choice.add(new Option(device.label || `Webcam ${i + 1}`, device.deviceId)));
      this.choice.value = deviceId || '';
      this.choice.hidden = false;
    }
    return true;
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  /** Whether it stands still now: the newest frame is kept, or given up. */
  freeze() {
    this.frozen = this.frozen ? null : this.readPixels();
    return Boolean(this.frozen);
  }

  /** The newest frame, or the frozen one, on the canvas. */
  draw() {
    const {canvas, pen, video, frozen} = this;
    if (frozen) {
      [canvas.width, canvas.height] = [frozen.width, frozen.height];
      pen.putImageData(frozen, 0, 0);
      return;
    }
    [canvas.width, canvas.height] = fitSides(video.videoWidth, video.videoHeight, this.side);
    if (this.mirror.checked) { pen.translate(canvas.width, 0); pen.scale(-1, 1); }
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  }

  readPixels() {
    this.draw();
    return this.pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  toJpeg() {
    this.draw();
    return this.canvas.toDataURL('image/jpeg', this.frozen ? 0.95 : 0.85);
  }
}
