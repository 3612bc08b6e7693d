import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings, Env } from '../../../src/env.ts';
import { ResponseArchive } from '../../../src/responses/archive.ts';
import { type Answer, call, errorOf } from '../../support/gateway.ts';
import { createResponse, readResponse, twoProjects } from './kept-responses.ts';

const bindings = env as unknown as Bindings;

let workspace = '';
let owner = { key: '', project: '' };
/** Of another project of the same workspace. */
let neighbour = '';
beforeAll(async () => {
  ({ workspace, owner, neighbour } = await twoProjects());
});

const create = (body: object, key = owner.key): Promise<Answer> => createResponse(key, body);
const get = (path: string): Promise<Answer> => readResponse(owner.key, path);

describe('a conversation', () => {
  /** The demo model says what the user said last; what it was told is in its input items. */
  const itemsOf = async (id: string) =>
    (await get(`${id}/input_items?order=asc&limit=100`)).body.data as {
      id: string;
      type: string;
      role?: string;
      content: { text: string }[];
    }[];

  it('goes on from the previous response, without its instructions', async () => {
    const first = await create({ input: 'One?', instructions: 'Count.' });
    const second = await create({ input: 'Two?', previous_response_id: first.body.id });
    expect(second.body).toMatchObject({ previous_response_id: first.body.id, instructions: null });
    const third = await create({
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Three?' }] }],
      previous_response_id: second.body.id,
    });
    const items = await itemsOf(third.body.id);
    expect(items.map(({ role, content }) => [role, content[0]?.text])).toEqual([
      ['user', 'One?'],
      ['assistant', 'One?'],
      ['user', 'Two?'],
      ['assistant', 'Two?'],
      ['user', 'Three?'],
    ]);
    expect(new Set(items.map(({ id }) => id)).size).toBe(5);
  });

  it('outlives the responses that it went over', async () => {
    const first = await create({ input: 'One?' });
    const second = await create({ input: 'Two?', previous_response_id: first.body.id });
    await call('DELETE', `/v1/responses/${first.body.id}`, { key: owner.key });
    const third = await create({ input: 'Three?', previous_response_id: second.body.id });
    expect(await itemsOf(third.body.id)).toHaveLength(5);
  });

  it('names the file that is missing where the conversation had one', async () => {
    const form = new FormData();
    form.set('purpose', 'user_data');
    form.set('file', new File(['some notes'], 'notes.txt', { type: 'text/plain' }));
    const encoded = new Request('http://x', { method: 'POST', body: form });
    const uploaded = await call('POST', '/v1/files', {
      key: owner.key,
      body: new Uint8Array(await encoded.arrayBuffer()),
      headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    });
    const { id } = uploaded.body;
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_file', file_id: id },
    ];
    const first = await create({ input: [{ role: 'user', content }] });
    expect(first.status).toBe(200);
    await call('DELETE', `/v1/files/${id}`, { key: owner.key });
    const next = await create({ input: 'And now?', previous_response_id: first.body.id });
    expect(errorOf(next)).toEqual({ status: 404, code: 'not_found', param: 'previous_response_id' });
    expect(next.body.error.message).toContain(id);
  });

  it('takes items by their ids, of input and output, of several responses', async () => {
    const first = await create({ input: 'One?' });
    const second = await create({ input: 'Two?' });
    const [asked] = await itemsOf(first.body.id);
    const references = [
      { type: 'item_reference', id: asked?.id },
      { id: first.body.output[0].id },
      { type: 'item_reference', id: second.body.output[0].id },
    ];
    const third = await create({ input: [...references, { role: 'user', content: 'Three?' }] });
    expect(third.status).toBe(200);
    expect((await itemsOf(third.body.id)).map(({ content }) => content[0]?.text)).toEqual([
      'One?',
      'One?',
      'Two?',
      'Three?',
    ]);
  });

  it('takes items by ids that their host gave them, and forgets them with their response', async () => {
    const first = await create({ store: false });
    const content = [{ type: 'output_text', text: 'As the host says.', annotations: [] }];
    const item = { type: 'message', id: 'msg_68af00c0ffee', role: 'assistant', status: 'completed', content };
    const archive = new ResponseArchive({
      env: bindings as unknown as Env,
      scope: { workspaceId: workspace, projectId: owner.project },
      input: () => [],
      asked: false,
      background: false,
      waitUntil: () => {},
    });
    expect(await archive.keep({ ...first.body, output: [item] })).toBe(true);
    const reference = { type: 'item_reference', id: item.id };
    const next = await create({ input: [reference, { role: 'user', content: 'Go on.' }] });
    expect((await itemsOf(next.body.id)).map(({ content }) => content[0]?.text)).toEqual([
      'As the host says.',
      'Go on.',
    ]);
    expect(errorOf(await create({ input: [reference] }, neighbour)).code).toBe('item_not_found');
    expect((await call('DELETE', `/v1/responses/${first.body.id}`, { key: owner.key })).status).toBe(200);
    expect(errorOf(await create({ input: [reference] })).code).toBe('item_not_found');
    const rows = bindings.DB.prepare('SELECT * FROM response_items WHERE response_id = ?').bind(
      first.body.id,
    );
    expect((await rows.all()).results).toEqual([]);
  });

  it.each([
    [{ previous_response_id: 7 }, 'invalid_type', 'previous_response_id', 400],
    [{ store: 'yes' }, 'invalid_type', 'store', 400],
    [{ input: [{ type: 'item_reference', id: 'rs_abc_0' }] }, 'item_not_found', 'input[0].id', 404],
    [{ input: [{ id: 'nobody’s' }] }, 'item_not_found', 'input[0].id', 404],
    [{ conversation: 'conv_1' }, 'unsupported_parameter', 'conversation', 400],
  ])('%o is refused', async (body, code, param, status) => {
    expect(errorOf(await create(body))).toEqual({ status, code, param });
  });

  it('refuses references into too many responses', async () => {
    const input = Array.from({ length: 91 }, (_, index) => ({
      id: `msg_${String(index).padStart(26, '0')}_0`,
    }));
    expect(errorOf(await create({ input }))).toMatchObject({ code: 'invalid_value', param: 'input' });
  });

  it('that is too long is refused before it is read', async () => {
    const { id } = (await create({})).body;
    await bindings.FILES.put(`${workspace}/responses/${id}.json`, new Uint8Array(32 * 1024 * 1024 + 1));
    expect(errorOf(await create({ previous_response_id: id }))).toEqual({
      status: 413,
      code: 'request_too_large',
      param: 'previous_response_id',
    });
    expect(errorOf(await create({ input: [{ id: `msg_${id.slice(5)}_0` }] }))).toEqual({
      status: 413,
      code: 'request_too_large',
      param: 'input',
    });
  });
});

describe('the items of an input', () => {
  const page = async (id: string, query: string) => {
    const answer = await get(`${id}/input_items?${query}`);
    expect(answer.status).toBe(200);
    const { data, ...rest } = answer.body;
    return { ...rest, texts: data.map((item: { content: { text: string }[] }) => item.content[0]?.text) };
  };

  it('come in pages, newest first', async () => {
    const input = Array.from({ length: 25 }, (_, index) => ({ role: 'user', content: `n${index}` }));
    const { id } = (await create({ input })).body;
    const stem = id.slice(5);
    expect(await page(id, '')).toMatchObject({ object: 'list', has_more: true, first_id: `msg_${stem}_i24` });
    expect((await page(id, '')).texts).toHaveLength(20);
    expect(await page(id, 'limit=2')).toMatchObject({ texts: ['n24', 'n23'], has_more: true });
    const ascending = await page(id, `order=asc&limit=2&after=msg_${stem}_i22`);
    expect(ascending).toMatchObject({ texts: ['n23', 'n24'], has_more: false, last_id: `msg_${stem}_i24` });
    expect((await page(id, 'include[]=message.output_text.logprobs&limit=1')).texts).toEqual(['n24']);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['order=up', 'order'],
    ['after=msg_1', 'after'],
    ['include=everything', 'include'],
  ])('are not listed by %s', async (query, param) => {
    const { id } = (await create({})).body;
    expect(errorOf(await get(`${id}/input_items?${query}`))).toEqual({
      status: 400,
      code: 'invalid_value',
      param,
    });
  });
});
