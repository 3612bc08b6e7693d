import { expect, test } from 'vitest';
import { authorize } from '../../../src/providers/auth/index.ts';
import type { Auth } from '../../../src/providers/types.ts';

const REQUEST = { url: 'https://api.acme.example/v1/x?a=1', headers: { accept: '*/*' }, body: '{}' };

test.each<[Auth, object]>([
  [{ kind: 'bearer' }, { ...REQUEST, headers: { accept: '*/*', authorization: 'Bearer s&cret' } }],
  [
    { kind: 'header', name: 'API-Key' },
    { ...REQUEST, headers: { accept: '*/*', 'api-key': 's&cret' } },
  ],
  [
    { kind: 'query', name: 'key' },
    { ...REQUEST, url: 'https://api.acme.example/v1/x?a=1&key=s%26cret' },
  ],
  [{ kind: 'none' }, REQUEST],
])('%j is there at once', (auth, expected) => {
  expect(authorize(auth, 's&cret', REQUEST)).toEqual(expected);
});

test('a URL without a query gets one', () => {
  const request = { ...REQUEST, url: 'https://api.acme.example/v1/x' };
  expect(authorize({ kind: 'query', name: 'key' }, 'k', request)).toMatchObject({
    url: 'https://api.acme.example/v1/x?key=k',
  });
});

test('no secret, no change', () => {
  expect(authorize({ kind: 'bearer' }, null, REQUEST)).toBe(REQUEST);
});
