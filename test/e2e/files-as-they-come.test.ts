import Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { answer } from '../support/node/scripts.ts';
import { addModel, addProvider, modelId, startWorld, type World } from '../support/node/world.ts';

const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

let world: World;
let anthropic: Anthropic;
let paper: string;
let cat: string;
beforeAll(async () => {
  world = await startWorld();
  await addProvider(world, 'speaks', 'openai', { quirks: { responses: {} } });
  await addModel(world, 'speaker', ['speaks']);
  anthropic = new Anthropic({
    baseURL: world.gateway.origin,
    apiKey: world.key,
    authToken: null,
    maxRetries: 0,
  });
  const upload = async (bytes: Uint8Array, name: string) =>
    (await world.client.files.create({ file: await toFile(bytes, name), purpose: 'user_data' })).id;
  paper = await upload(PDF, 'paper.pdf');
  cat = await upload(PNG, 'cat.png');
});
afterAll(() => world.stop());

/** A turn with what only hosts of the Messages API know: a document of blocks, and one to be cited. */
const turn = (ofPaper: object, ofCat: object, title: object) => [
  {
    role: 'user',
    content: [
      { ...title, type: 'document', source: ofPaper, citations: { enabled: true } },
      {
        type: 'document',
        source: { type: 'content', content: [{ type: 'image', source: ofCat }] },
      },
      { type: 'text', text: 'What is it?' },
    ],
  },
];
const byId = (id: string) => ({ type: 'file', file_id: id });
const base64 = (bytes: Buffer, media_type: string) => ({
  type: 'base64',
  media_type,
  data: bytes.toString('base64'),
});
const asked = () => turn(byId(paper), byId(cat), {}) as unknown as Anthropic.MessageParam[];
const whole = turn(base64(PDF, 'application/pdf'), base64(PNG, 'image/png'), { title: 'paper.pdf' });

describe('files named by their ids, at hosts of the Messages API', () => {
  it('are in the request that passes as it is', async () => {
    world.upstream.script('anthropic', answer(ANSWERS.anthropic.whole({ text: ['A cat.'] })));
    const message = await anthropic.messages.create({
      model: modelId('anthropic'),
      max_tokens: 10,
      messages: asked(),
    });
    expect(message.content).toMatchObject([{ type: 'text', text: 'A cat.' }]);
    const [sent] = world.upstream.received('anthropic');
    expect(sent?.json).toEqual({ model: 'Up-anthropic', max_tokens: 10, messages: whole });
  });

  it('are counted', async () => {
    world.upstream.script('anthropic', answer({ input_tokens: 1234 }));
    const { data, response } = await anthropic.messages
      .countTokens({ model: modelId('anthropic'), messages: asked() })
      .withResponse();
    expect(data).toEqual({ input_tokens: 1234 });
    expect(response.headers.get('x-token-count')).toBe('provider');
    const [sent] = world.upstream.received('anthropic');
    expect(sent?.path).toBe('/messages/count_tokens');
    expect(sent?.json.messages).toEqual(whole);
  });

  it('are not counted where one has been deleted', async () => {
    world.upstream.script('anthropic', answer({ input_tokens: 1 }));
    await world.client.files.delete(cat);
    const messages = asked();
    const thrown = await anthropic.messages
      .countTokens({ model: modelId('anthropic'), messages })
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Anthropic.NotFoundError);
    expect(JSON.stringify(thrown)).toContain('messages[0].content[1].source.content[0].source.file_id');
    expect(world.upstream.received('anthropic')).toEqual([]);
  });
});

describe('a file named by its id, at a host of the Responses API', () => {
  it('is in the request that passes as it is, and by its id in what is kept', async () => {
    const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };
    const content = [{ type: 'output_text', text: 'Nothing.', annotations: [] }];
    const said = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content };
    const created_at = Math.floor(Date.now() / 1000);
    const up = { id: 'resp_up1', object: 'response', created_at, status: 'completed' };
    world.upstream.script('speaks', answer({ ...up, model: 'up', output: [said], usage }));
    const input = (part: object) =>
      [
        { role: 'user', content: [part, { type: 'input_text', text: 'What?' }] },
      ] as OpenAI.Responses.ResponseInput;
    const response = await world.client.responses.create({
      model: modelId('speaker'),
      input: input({ type: 'input_file', file_id: paper }),
    });
    expect(response.output_text).toBe('Nothing.');
    const [sent] = world.upstream.received('speaks');
    expect(sent?.path).toBe('/responses');
    const file_data = `data:application/pdf;base64,${PDF.toString('base64')}`;
    expect(sent?.json.input).toEqual(input({ type: 'input_file', filename: 'paper.pdf', file_data }));
    const { data } = await world.client.responses.inputItems.list(response.id);
    expect(data[0]).toMatchObject({ content: [{ type: 'input_file', file_id: paper }, {}] });
  });
});
