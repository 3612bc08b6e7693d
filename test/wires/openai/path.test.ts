import { expect, test } from 'vitest';
import type { Quirks } from '../../../src/wires/types.ts';
import { codec, requestOf, target } from './support.ts';

const QUIRKS: Quirks = {
  path: { whole: '/deployments/{model}/chat?api-version=1', stream: '/deployments/{model}/stream' },
  add: { api: 'dated' },
};
const REQUEST = '{"model":"m","messages":[],"temperature":0.50}';

function encoded(model: string, stream: boolean): { path: string; text: string } {
  const { path, body } = codec.encode(requestOf(REQUEST, { stream }), target(QUIRKS, model));
  return { path, text: typeof body === 'string' ? body : new TextDecoder().decode(body) };
}

test('a host may have its own paths, with the model in them instead of in the body', () => {
  const whole = encoded('gpt-5', false);
  expect(whole.path).toBe('/deployments/gpt-5/chat?api-version=1');
  expect(whole.text).toBe('{"api":"dated","messages":[],"temperature":0.50}');
  expect(encoded('gpt-5', true).path).toBe('/deployments/gpt-5/stream');
});

test.each([
  ['a/../b', '/deployments/a%2F..%2Fb/stream'],
  ['{account_id}', '/deployments/%7Baccount_id%7D/stream'],
  ['x?y#z', '/deployments/x%3Fy%23z/stream'],
  ['claude@20250929', '/deployments/claude@20250929/stream'],
  ['v1:0', '/deployments/v1:0/stream'],
  ['$&', '/deployments/%24%26/stream'],
])('the model %s stays one segment', (model, path) => {
  expect(encoded(model, true).path).toBe(path);
});

test('no path, no change', () => {
  const { path } = codec.encode(requestOf(REQUEST), target({}));
  expect(path).toBe('/chat/completions');
});
