import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';
import { BOUNDARY, FILE, form, kept, type Part, PURPOSE, TYPE, upload, uploaded } from './file-forms.ts';

let workspace: string;
let key: string;
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});

describe('POST /v1/files', () => {
  it('answers the file, whatever the order of the form', async () => {
    for (const parts of [
      [FILE, PURPOSE],
      [PURPOSE, FILE],
    ]) {
      const before = Math.floor(Date.now() / 1000);
      const file = await uploaded(key, parts);
      expect(file).toEqual({
        id: expect.stringMatching(/^file-[0-9a-z]{26}$/),
        object: 'file',
        bytes: 10,
        created_at: expect.any(Number),
        expires_at: null,
        filename: 'notes.txt',
        purpose: 'user_data',
        status: 'processed',
      });
      expect(file.created_at).toBeGreaterThanOrEqual(before);
    }
  });

  it('lets files expire when they are told to, and those of batches after thirty days', async () => {
    const expiring = await uploaded(key, [
      ['name="expires_after[anchor]"', 'created_at'],
      FILE,
      ['name="expires_after[seconds]"', '3600'],
      PURPOSE,
    ]);
    expect(expiring.expires_at - expiring.created_at).toBe(3600);
    const batch = await uploaded(key, [FILE, ['name="purpose"', 'batch']]);
    expect(batch.expires_at - batch.created_at).toBe(2_592_000);
  });

  it.each([
    ['a name outside Latin-1', 'filename="文書 😀.txt"', '文書 😀.txt'],
    ['an extended name', `filename="x"; filename*=UTF-8''na%C3%AFve.txt`, 'naïve.txt'],
    ['quotes', 'filename="a%22b\\"c.txt"', 'a"b"c.txt'],
    ['folders', 'filename="../../etc/passwd"', 'passwd'],
    ['folders of Windows', 'filename="C:\\Users\\me\\a.txt"', 'a.txt'],
    ['line ends', 'filename="a%0D%0Ab.txt"', 'ab.txt'],
    ['control characters', 'filename="a\u0007\u0085\u202eb.txt"', 'ab.txt'],
    ['nothing', 'filename=""', 'file'],
    ['dots', 'filename=".."', 'file'],
    ['as much as may be', `filename="${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('takes %s for a name', async (_, name, filename) => {
    const file = await uploaded(key, [[`name="file"; ${name}`, 'x', 'text/plain'], PURPOSE]);
    expect(file.filename).toBe(filename);
    const content = await call('GET', `/v1/files/${file.id}/content`, { key });
    expect(content).toMatchObject({ status: 200, body: 'x' });
    expect(content.headers.get('content-disposition')).toMatch(/^attachment; filename="[\x20-\x7e]+"/);
  });

  const ANCHOR: Part = ['name="expires_after[anchor]"', 'created_at'];
  const seconds = (value: string): Part => ['name="expires_after[seconds]"', value];
  it.each<[string, readonly Part[], string, string]>([
    ['no file', [PURPOSE], 'missing_parameter', 'file'],
    ['no purpose', [FILE], 'missing_parameter', 'purpose'],
    ['an unknown purpose', [FILE, ['name="purpose"', 'fun']], 'invalid_value', 'purpose'],
    ['a purpose of OpenAI’s own', [FILE, ['name="purpose"', 'batch_output']], 'invalid_value', 'purpose'],
    ['two files', [FILE, FILE, PURPOSE], 'invalid_value', 'file'],
    ['an empty file', [[FILE[0], ''], PURPOSE], 'invalid_value', 'file'],
    ['a file that is a field', [['name="file"', 'text'], PURPOSE], 'invalid_type', 'file'],
    [
      'a file of another name',
      [['name="data"; filename="a"', 'x'], PURPOSE],
      'unsupported_parameter',
      'data',
    ],
    ['an unknown field', [FILE, PURPOSE, ['name="model"', 'x']], 'unsupported_parameter', 'model'],
    [
      'a very long name',
      [[`name="file"; filename="${'x'.repeat(256)}"`, 'x'], PURPOSE],
      'invalid_value',
      'file',
    ],
    [
      'an expiry without anchor',
      [FILE, PURPOSE, seconds('3600')],
      'missing_parameter',
      ANCHOR[0].slice(6, -1),
    ],
    ['an anchor alone', [FILE, PURPOSE, ANCHOR], 'missing_parameter', 'expires_after[seconds]'],
    [
      'too early an expiry',
      [FILE, PURPOSE, ANCHOR, seconds('3599')],
      'invalid_value',
      'expires_after[seconds]',
    ],
    [
      'too late an expiry',
      [FILE, PURPOSE, ANCHOR, seconds('2592001')],
      'invalid_value',
      'expires_after[seconds]',
    ],
    ['half a second', [FILE, PURPOSE, ANCHOR, seconds('3600.5')], 'invalid_value', 'expires_after[seconds]'],
    [
      'another anchor',
      [FILE, PURPOSE, ['name="expires_after[anchor]"', 'now'], seconds('3600')],
      'invalid_value',
      'expires_after[anchor]',
    ],
  ])('refuses %s, and keeps nothing', async (_, parts, code, param) => {
    const before = await kept(workspace);
    expect(errorOf(await upload(key, parts))).toEqual({ status: 400, code, param });
    expect(await kept(workspace)).toEqual(before);
  });

  it.each([
    ['a form that is cut short', form([FILE, PURPOSE]).slice(0, -6), TYPE, 400, 'invalid_form'],
    [
      'a form of another boundary',
      form([FILE, PURPOSE]),
      'multipart/form-data; boundary=z',
      400,
      'invalid_form',
    ],
    ['a form without boundary', form([FILE, PURPOSE]), 'multipart/form-data', 400, 'invalid_form'],
    ['an empty body', '', TYPE, 400, 'invalid_form'],
    ['JSON', '{}', 'application/json', 415, 'unsupported_content_type'],
  ])('refuses %s', async (_, body, type, status, code) => {
    const before = await kept(workspace);
    expect(errorOf(await upload(key, body, { 'content-type': type }))).toEqual({ status, code, param: null });
    expect(await kept(workspace)).toEqual(before);
  });
});

describe('POST /v1/files with an idempotency key', () => {
  const once = (parts: readonly Part[] | string, name: string, headers = {}) =>
    upload(key, parts, { 'idempotency-key': name, ...headers });

  it('is answered with the same file, however the form is written', async () => {
    const first = await once([FILE, PURPOSE], 'same');
    expect([first.status, first.headers.get('x-idempotent-replay')]).toEqual([200, null]);
    const before = await kept(workspace);
    const other = { 'content-type': 'multipart/form-data; boundary=other' };
    for (const answer of [
      await once([PURPOSE, FILE], 'same'),
      await once(form([FILE, PURPOSE]).replaceAll(BOUNDARY, 'other'), 'same', other),
    ]) {
      expect([answer.status, answer.body]).toEqual([200, first.body]);
      expect(answer.headers.get('x-idempotent-replay')).toBe('true');
      expect(answer.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    }
    expect(await kept(workspace)).toEqual(before);
  });

  it('is refused for another file', async () => {
    await once([FILE, PURPOSE], 'other');
    const before = await kept(workspace);
    const answer = await once([FILE, ['name="purpose"', 'vision']], 'other');
    const param = 'Idempotency-Key';
    expect(errorOf(answer)).toEqual({ status: 409, code: 'idempotency_key_conflict', param });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(await kept(workspace)).toEqual(before);
  });

  it('remembers no refusal', async () => {
    expect(errorOf(await once([FILE], 'refused'))).toMatchObject({ code: 'missing_parameter' });
    expect(errorOf(await once(form([FILE, PURPOSE]).slice(0, -6), 'refused'))).toMatchObject({
      code: 'invalid_form',
    });
    const answer = await once([FILE, PURPOSE], 'refused');
    expect([answer.status, answer.headers.get('x-idempotent-replay')]).toEqual([200, null]);
  });

  it.each([
    ['of nothing', ''],
    ['with a space', 'a b'],
    ['of 256 characters', 'x'.repeat(256)],
  ])('refuses a key %s', async (_, name) => {
    const param = 'Idempotency-Key';
    expect(errorOf(await once([FILE, PURPOSE], name))).toEqual({ status: 400, code: 'invalid_value', param });
  });
});
