import js from '@eslint/js';
import globals from 'globals';

// What Gradio hands to a component's script: see demos/components/static/globals.d.ts.
const SCOPE = ['element', 'props', 'server', 'trigger', 'upload', 'watch'];

export default [
  {ignores: ['test-report/', 'runs/', '.venv/', 'assets/']},
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-implied-eval': 'error',
      'no-unused-expressions': 'error',
      'no-var': 'error',
      'no-unused-vars': 'error',
      'prefer-const': ['error', {destructuring: 'all'}],
    },
  },
  {files: ['eslint.config.js', 'tests/browser/**', 'tests/js/**'], languageOptions: {globals: globals.node}},
  {files: ['tests/js/browser/**'], languageOptions: {globals: globals.browser}},
  {
    files: ['demos/*/static/*.js'],
    ignores: ['demos/page/**'],
    languageOptions: {
      sourceType: 'commonjs', // the body of a function
      globals: {...globals.browser, ...Object.fromEntries(SCOPE.map((name) => [name, 'readonly']))},
    },
  },
  // the same, but for its imports, which the page puts before it
  {files: ['demos/components/static/live.js'], languageOptions: {sourceType: 'module'}},
  {files: ['demos/page/static/*.js'], languageOptions: {globals: globals.browser}}, // modules
  {files: ['demos/*/static/*.mjs'], languageOptions: {globals: {...globals.browser, ...globals.worker}}},
  {
    // Several files in one scope: tsc reads them together, and knows every name.
    files: [
      'demos/convolution/static/*.js',
      'demos/detection/static/*.js',
      'demos/components/static/{brush,paint,pad}.js',
      'demos/segmentation/static/mask_view.js',
    ],
    languageOptions: {sourceType: 'script'},
    rules: {
      'no-undef': 'off',
      'no-redeclare': 'off',
      'no-unused-vars': ['error', {vars: 'local'}],
      'prefer-const': 'off',
    },
  },
];
