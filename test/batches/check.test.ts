import { describe, expect, it } from 'vitest';
import { bodyOf, checkLine } from '../../src/batches/lines/check.ts';

const URL = '/v1/chat/completions';
const GOOD = { custom_id: 'a', method: 'POST', url: URL, body: { model: 'm' } };

const check = (line: unknown) =>
  checkLine(new TextEncoder().encode(typeof line === 'string' ? line : JSON.stringify(line)), URL);

describe('a line of a batch', () => {
  it('is good with an id, the method, the path of the batch and a body', () => {
    expect(check(GOOD)).toEqual({ customId: 'a', model: 'm', fault: null });
    expect(check({ ...GOOD, custom_id: 'x'.repeat(512), body: {} })).toMatchObject({ fault: null });
    expect(check({ ...GOOD, body: { stream: false } })).toMatchObject({ fault: null });
    expect(check({ ...GOOD, body: { text: 'y'.repeat(300_000) } })).toMatchObject({ fault: null });
  });

  it.each([
    ['no JSON', '{"custom_id":', null, 'invalid_json_line', null],
    ['an array', '[]', null, 'invalid_json_line', null],
    ['a number', '7', null, 'invalid_json_line', null],
    ['JSON and more', '{} {}', null, 'invalid_json_line', null],
    [
      'bad JSON in a value',
      '{"custom_id":"a","method":"POST","body":{"a":tru}}',
      null,
      'invalid_json_line',
      null,
    ],
    ['no id', { ...GOOD, custom_id: undefined }, null, 'missing_required_parameter', 'custom_id'],
    ['an id of another type', { ...GOOD, custom_id: 7 }, null, 'invalid_value', 'custom_id'],
    ['an id of null', { ...GOOD, custom_id: null }, null, 'invalid_value', 'custom_id'],
    ['an empty id', { ...GOOD, custom_id: '' }, '', 'invalid_value', 'custom_id'],
    ['a long id', { ...GOOD, custom_id: 'x'.repeat(513) }, null, 'invalid_value', 'custom_id'],
    ['half a character', { ...GOOD, custom_id: 'a\ud83d' }, null, 'invalid_value', 'custom_id'],
    ['no method', { ...GOOD, method: undefined }, 'a', 'invalid_method', 'method'],
    ['another method', { ...GOOD, method: 'GET' }, 'a', 'invalid_method', 'method'],
    ['another path', { ...GOOD, url: '/v1/embeddings' }, 'a', 'invalid_url', 'url'],
    ['no path', { ...GOOD, url: undefined }, 'a', 'invalid_url', 'url'],
    ['no body', { ...GOOD, body: undefined }, 'a', 'missing_required_parameter', 'body'],
    ['a body of another type', { ...GOOD, body: 'x' }, 'a', 'invalid_value', 'body'],
    [
      'what is to be fetched later',
      { ...GOOD, body: { background: true } },
      'a',
      'unsupported_parameter',
      'body.background',
    ],
    ['a stream', { ...GOOD, body: { stream: true } }, 'a', 'unsupported_parameter', 'body.stream'],
    [
      'a stream in a large body',
      { ...GOOD, body: { text: 'y'.repeat(300_000), stream: true } },
      'a',
      'unsupported_parameter',
      'body.stream',
    ],
  ])('with %s is told why it is bad', (_, line, customId, code, param) => {
    const checked = check(line);
    expect(checked.customId).toBe(customId);
    expect(checked.fault).toMatchObject({ code, param });
  });

  it('is bad where it is not UTF-8', () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...GOOD, custom_id: 'aXb' }));
    bytes[bytes.indexOf('X'.charCodeAt(0))] = 0xff;
    expect(checkLine(bytes, URL).fault?.code).toBe('invalid_json_line');
  });

  it.each(['"', '\n', '\u0000', '\u2028', '\\', '日本', '👩‍👩‍👧', ' ', 'x'.repeat(65)])(
    'may be called %j',
    (customId) => {
      expect(check({ ...GOOD, custom_id: customId })).toMatchObject({ customId, fault: null });
    },
  );

  it('has its body byte for byte', () => {
    const body = '{ "seed": 12345678901234567890, "x":1e0 }';
    const line = `{"custom_id":"a","body": ${body} ,"method":"POST"}`;
    expect(new TextDecoder().decode(bodyOf(new TextEncoder().encode(line)))).toBe(body);
  });
});
