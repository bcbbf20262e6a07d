// The page's side of what a lesson computes in this browser: one Worker for all that ask, opened when
// the first of them does.
import {Runner, findObstacle} from './runner.mjs';

/** @typedef {import('./runner.mjs').Server} Server */
/** @typedef {import('./runner.mjs').Setup & {place: string, said?: string}} Setup */

export class Here {
  /**
   * @param {Server} server
   * @param {{hear: (share: number | null, words: string) => void, closed: () => void}} page what it is told
   */
  constructor(server, page) {
    this.server = server;
    this.page = page;
    /** @type {Runner | null} */
    this.runner = null;
    /** @type {Promise<Runner> | null} */
    this.opening = null;
    this.opened = 0; // and closed, so often
    this.telling = 0; // of what frames have nothing to do with
    /** @type {Setup | null} */
    this.setup = null;
  }

  /** Which side the server would choose, as it said last. */
  get advice() { return this.setup?.place || 'server'; }

  get wasAdvised() { return this.setup !== null; }

  /** Asks the server which side it would choose now, and where the scripts lie. */
  async askAdvice() { this.setup = await this.server.setup(); }

  /** The Worker, once the lesson is in it; fails with a sentence. */
  open() {
    if (this.opening) return this.opening;
    const mine = this.opened += 1, opening = this.load(mine);
    this.opening = opening;
    opening.catch(() => { if (this.opened === mine) this.close(); });
    return opening;
  }

  /** @param {number} mine its number: nobody may have closed it meanwhile */
  async load(mine) {
    if (!this.setup || this.setup.said) await this.askAdvice();
    if (this.opened !== mine) throw new Error('It was closed');
    const {setup} = this;
    if (!setup || setup.said) throw new Error(setup?.said || 'The server does not answer');
    const obstacle = findObstacle();
    if (obstacle) throw new Error(obstacle);
    const runner = new Runner(setup, this.server, this.page.hear);
    this.runner = runner;
    await runner.opened;
    return runner;
  }

  /**
   * What the page tells the lesson, camera or none, and what the lesson gives back; fails with a sentence.
   * @param {string} what
   * @param {any} detail
   */
  async tell(what, detail) {
    this.telling += 1;
    try {
      const reply = await (await this.open()).tell(what, detail);
      if (reply.kind === 'failed') throw new Error(reply.said);
      return reply.data;
    } finally {
      this.telling -= 1;
    }
  }

  /** No frames come any more: nothing goes on but what was told, and what was gathered is kept. */
  rest() {
    if (this.telling) return;
    if (this.runner?.holds) this.runner.rest(); else this.close();
  }

  close() {
    if (!this.opening) return;
    this.opened += 1;
    this.runner?.close();
    this.runner = this.opening = null;
    this.page.closed();
  }
}
