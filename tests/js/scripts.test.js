// What eslint and tsc cannot see, because several files share one scope.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {read} from './load.js';

const paths = readdirSync(new URL('../../demos', import.meta.url), {recursive: true}).map((path) =>
  path.replaceAll('\\', '/'),
);
const scripts = paths.filter((path) => /^\w+\/static\/\w+\.js$/.test(path));
const groups = paths
  .filter((path) => /\/static\/tsconfig.*\.json$/.test(path))
  .map((path) =>
    JSON.parse(read(path))
      .files.filter((name) => name.endsWith('.js'))
      .map((name) => join(dirname(path), name)),
  );

test('tsc reads every script that shares a scope with others', () => {
  const text = readFileSync(new URL('../../tsconfig.json', import.meta.url), 'utf-8');
  const left = JSON.parse(text.replaceAll(/^\s*\/\/.*/gm, '')).exclude.map((path) => path.replace('demos/', ''));
  assert.deepEqual(
    [...new Set(groups.flat())].sort(),
    scripts.filter((path) => left.some((one) => path === one || path.startsWith(`${one}/`))).sort(),
  );
});

test('nothing at the top of these scripts is unused', () => {
  for (const path of new Set(groups.flat())) {
    const all = [...new Set(groups.filter((group) => group.includes(path)).flat())]
      .map(read)
      .join('\n');
    for (const [, name] of read(path).matchAll(/^(?:const|let|class) (\w+)/gm))
      assert.ok(all.match(new RegExp(`\\b${name}\\b`, 'g')).length > 1, `${path}: ${name}`);
  }
});

test('what computes knows no page', () => {
  const parts = scripts
    .map((path) => [path, read(path).split('// --- in the page -')])
    .filter(([, halves]) => halves.length > 1);
  assert.ok(parts.length > 10);
  for (const [path, [top]] of parts)
    assert.doesNotMatch(
      top.replaceAll(/\/\/.*/g, ''),
      /\b(element|props|trigger|watch|document)\b/,
      path,
    );
});
