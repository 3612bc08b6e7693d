import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace } from '../../support/gateway.ts';

const EDITS = '/v1/images/edits';
const VARIATIONS = '/v1/images/variations';
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});

type Fields = [name: string, value: string | number[]][];
const MODEL: Fields = [['model', 'demo-image']];
const EDIT: Fields = [...MODEL, ['prompt', 'a hat'], ['image', PNG]];

/** Sends a form; numbers are the bytes of a file. */
async function send(path: string, fields: Fields, caller: string | undefined = key) {
  const form = new FormData();
  for (const [name, value] of fields) {
    form.append(name, typeof value === 'string' ? value : new File([Uint8Array.from(value)], 'a.png'));
  }
  const encoded = new Response(form);
  const headers = { 'content-type': encoded.headers.get('content-type') ?? '' };
  return call('POST', path, { ...(caller ? { key: caller } : {}), body: await encoded.bytes(), headers });
}

describe('POST /v1/images/edits', () => {
  it('takes a form of several pictures, and charges for what is made', async () => {
    const answer = await send(EDITS, [
      ...MODEL,
      ['prompt', 'a hat'],
      ['n', '2'],
      ['image[]', PNG],
      ['image[]', [...PNG, 1]],
      ['mask', PNG],
    ]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-credits-used')).toBe('0.02');
    expect(answer.body.data).toHaveLength(2);
    for (const { b64_json } of answer.body.data) {
      expect([...Buffer.from(b64_json, 'base64').subarray(0, 8)]).toEqual(PNG);
    }
    const id = answer.headers.get('x-generation-id');
    const receipt = (await call('GET', `/v1/generations/${id}`, { key })).body;
    expect(receipt).toMatchObject({ kind: 'image', status: 'completed', credits_used: 0.02 });
  });

  it('takes JSON, and gives links to who wants them', async () => {
    const answer = await call('POST', EDITS, {
      key,
      body: {
        model: 'demo-image',
        prompt: 'a hat',
        images: [{ image_url: 'data:image/png;base64,AAAA' }],
        response_format: 'url',
      },
    });
    expect(answer.status).toBe(200);
    expect(answer.body.data[0].url).toContain(`/v1/images/files/${workspace}/`);
  });

  it('sends a picture that came whole as the stream’s one event', async () => {
    const answer = await send(EDITS, [...EDIT, ['stream', 'true']]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const [, data = ''] = /^event: image_edit\.completed\ndata: (.*)\n\n$/.exec(answer.body) ?? [];
    expect(JSON.parse(data)).toMatchObject({ type: 'image_edit.completed', output_format: 'png' });
  });

  it.each<[string, Fields, number, string, string]>([
    ['no picture', [...MODEL, ['prompt', 'a']], 400, 'missing_parameter', 'image'],
    ['a picture that is text', [...MODEL, ['prompt', 'a'], ['image', 'x']], 400, 'invalid_type', 'image'],
    ['an empty picture', [...MODEL, ['prompt', 'a'], ['image', []]], 400, 'invalid_value', 'image'],
    ['no prompt', [...MODEL, ['image', PNG]], 400, 'missing_parameter', 'prompt'],
    [
      'no model',
      [
        ['prompt', 'a'],
        ['image', PNG],
      ],
      400,
      'missing_parameter',
      'model',
    ],
    ['too many to make', [...EDIT, ['n', '11']], 400, 'invalid_value', 'n'],
    ['a number that is none', [...EDIT, ['n', 'two']], 400, 'invalid_type', 'n'],
    ['several in a stream', [...EDIT, ['n', '2'], ['stream', 'true']], 400, 'unsupported_parameter', 'n'],
    ['too many to edit', [...EDIT, ...Array(16).fill(['image', PNG])], 400, 'invalid_value', 'image'],
    [
      'a model of another kind',
      [
        ['model', 'demo-echo'],
        ['prompt', 'a'],
        ['image', PNG],
      ],
      400,
      'model_not_supported',
      'model',
    ],
  ])('refuses a form with %s', async (_, fields, status, code, param) => {
    expect(errorOf(await send(EDITS, fields))).toEqual({ status, code, param });
  });

  const image = { image_url: 'https://img.example/a.png' };
  it.each<[object, string, string]>([
    [{}, 'missing_parameter', 'images'],
    [{ images: image }, 'invalid_type', 'images'],
    [{ images: [] }, 'invalid_value', 'images'],
    [{ images: Array(17).fill(image) }, 'invalid_value', 'images'],
    [{ images: ['x'] }, 'invalid_type', 'images[0]'],
    [{ images: [image, {}] }, 'invalid_type', 'images[1].image_url'],
    [{ images: [{ file_id: 'file-1' }] }, 'unsupported_parameter', 'images[0].file_id'],
    [{ images: [image], mask: 'x' }, 'invalid_type', 'mask'],
    [{ images: [image], prompt: '' }, 'invalid_value', 'prompt'],
    [{ images: [image], partial_images: 1 }, 'unsupported_parameter', 'partial_images'],
  ])('refuses %j', async (more, code, param) => {
    const body = { model: 'demo-image', prompt: 'a', ...more };
    expect(errorOf(await call('POST', EDITS, { key, body }))).toEqual({ status: 400, code, param });
  });
});

describe('POST /v1/images/variations', () => {
  it('answers another picture', async () => {
    const answer = await send(VARIATIONS, [...MODEL, ['image', PNG]]);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toHaveLength(1);
  });

  it.each<[string, Fields, string, string]>([
    ['no picture', MODEL, 'missing_parameter', 'image'],
    ['two pictures', [...MODEL, ['image', PNG], ['image', PNG]], 'invalid_value', 'image'],
    ['a stream', [...MODEL, ['image', PNG], ['stream', 'true']], 'unsupported_parameter', 'stream'],
  ])('refuses %s', async (_, fields, code, param) => {
    expect(errorOf(await send(VARIATIONS, fields))).toEqual({ status: 400, code, param });
  });
});
