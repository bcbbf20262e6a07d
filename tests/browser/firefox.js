// One page in Firefox, without a window, for tests in Python: asked by lines of JSON, one at a time,
// it answers each by a line. What the page's console says and what nobody caught comes with it.
import {createInterface} from 'node:readline';
import puppeteer from 'puppeteer-core';

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: process.argv[2],
  headless: true,
  timeout: 0, // who waits is the test
  protocolTimeout: 0,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true, // the camera
    'media.navigator.permission.disabled': true,
    'media.ffmpeg.enabled': false, // no H.264, as where the system has no decoder for it
  },
});
const page = await browser.newPage();
page.setDefaultTimeout(0);
await page.setViewport({width: 1280, height: 720});
let said = [];
page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
page.on('pageerror', (error) => said.push(`uncaught: ${error}`));

const ACTIONS = {
  // A page that is left warns of its streams, which end: that is no fault of the next one.
  open: async (address) => {
    await page.goto('about:blank');
    said = said.filter((line) => !line.startsWith('warn: '));
    await page.goto(address, {waitUntil: 'domcontentloaded'});
  },
  ask: (script) => page.evaluate(script),
  click: (selector) => page.click(selector),
  type: (keys) => page.keyboard.type(keys),
  picture: (path) => page.screenshot({path}),
};

console.log('{}');
for await (const line of createInterface({input: process.stdin})) {
  const [action, value] = JSON.parse(line);
  const answer = {};
  try {
    const given = await ACTIONS[action](value);
    if (action === 'ask') answer.given = given ?? null;
  } catch (error) {
    answer.error = String(error);
  }
  console.log(JSON.stringify({...answer, said}));
  said = [];
}
await browser.close();
