// What a script computes, without a page. Such functions stand above the line "in the page".
import {readFileSync} from 'node:fs';

export const read = (path) =>
  readFileSync(new URL(`../../demos/${path}`, import.meta.url), 'utf-8');

// The names at the top of scripts that share one scope, as the page puts them together.
export const load = (...paths) => {
  const text = paths.map((path) => read(path).split(/^\/\/ -+ in the page -+$/m)[0]).join('\n');
  const names = [...text.matchAll(/^(?:const|class) (\w+)/gm)].map(([, name]) => name);
  return new Function(`${text}\nreturn {${names.join(', ')}};`)();
};

export const near = (assert, actual, expected, tolerance = 1e-9) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${actual} is not ${expected}`),
  );
};
