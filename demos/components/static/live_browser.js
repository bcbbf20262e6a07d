// The visitor's own browser in the server's place: a Worker answers the frames.
const CANNOT = [
  [() => typeof Worker === 'undefined' || typeof OffscreenCanvas === 'undefined', 'has no workers that can draw'],
  [() => typeof WebAssembly === 'undefined', 'runs no WebAssembly'],
];
// Why this browser cannot; '' where it can.
const findObstacle = () => {
  const found = CANNOT.find(([isMissing]) => isMissing());
  return found ? `This browser ${found[1]}: the server goes on. A newer one can do it.` : '';
};
const toMegabytes = bytes => (bytes / 1e6).toFixed(1);
// Where a frame's milliseconds went.
const describeLaps = laps => Object.entries(laps).map(
  ([stage, ms]) => `${stage} ${ms.toFixed(ms >= 10 ? 0 : 1)} ms`).join(', ');

// One Worker with the lesson in it. `hear` is told of {loading, all}, {waiting} and {ready}.
class Runner {
  constructor(setup, server, hear) {
    const absolute = address => new URL(address, document.baseURI).href;
    this.waiting = new Map();
    this.asked = 0;
    this.isReady = false;
    this.worker = new Worker(absolute(setup.worker), {type: 'module'});
    this.worker.onmessage = ({data}) => this.take(data);
    // a script that could not be loaded or read
    this.worker.onerror = () => this.fail('The program could not be started in this browser');
    this.server = server;
    this.hear = hear;
    this.absolute = absolute;
    this.opened = new Promise((done, failed) => { this.done = done; this.failed = failed; });
    this.opened.catch(() => {});
    const engine = Object.fromEntries(
      Object.entries(setup.engine).map(([name, address]) => [name, absolute(address)]));
    this.worker.postMessage({kind: 'open', lesson: absolute(setup.lesson), engine});
  }

  fail(said) {
    this.failed(new Error(said));
    this.waiting.forEach(done => done({kind: 'failed', said}));
    this.waiting.clear();
  }

  async take(data) {
    if (data.kind === 'ready') { this.isReady = true; this.done(); }
    else if (data.kind === 'ask') await this.ask(data);
    else if (data.kind === 'loading' || data.kind === 'waiting') this.hear(data);
    else if (data.kind === 'failed' && data.of === 'open') this.fail(data.said);
    else {
      const key = data.number ?? `told ${data.id}`;
      this.waiting.get(key)?.(data);
      this.waiting.delete(key);
    }
  }

  // What the Worker wants to know of the server; addresses become whole ones.
  async ask({id, what, data}) {
    const answer = await this.server[what](data).catch(() => null);
    for (const part of ['graph', 'weights']) if (answer?.[part]) answer[part] = this.absolute(answer[part]);
    this.worker.postMessage({kind: 'answered', id, data: answer});
  }

  // A frame's answer: {kind: 'answer', picture, extras, laps, ms, engine}, 'refused' or 'failed'.
  frame(number, frame, values) {
    return new Promise(done => {
      this.waiting.set(number, done);
      this.worker.postMessage({kind: 'answer', number, frame, values}, [frame.data.buffer]);
    });
  }

  tell(what, detail) {
    this.asked += 1;
    return new Promise(done => {
      this.waiting.set(`told ${this.asked}`, done);
      this.worker.postMessage({kind: 'tell', what, detail, id: this.asked});
    });
  }

  close() {
    this.worker.terminate();
    this.fail('closed');
  }
}
