import Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asArray, asObject } from '../../src/lib/json.ts';
import { ANSWERS } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer } from '../support/node/scripts.ts';
import { modelId, newCaller, providerId, startWorld, type World } from '../support/node/world.ts';
import { PDF, PNG, upload } from './file-samples.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

describe('a file named by its id', () => {
  /** What each provider documents for a PDF. */
  const EXPECTED: Record<WireName, unknown> = {
    openai: {
      type: 'file',
      file: { filename: 'paper.pdf', file_data: `data:application/pdf;base64,${PDF.toString('base64')}` },
    },
    anthropic: {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: PDF.toString('base64') },
      title: 'paper.pdf',
    },
    google: { inlineData: { mimeType: 'application/pdf', data: PDF.toString('base64') } },
    bedrock: {
      document: { format: 'pdf', name: 'document-1', source: { bytes: PDF.toString('base64') } },
    },
  };

  it.each(WIRES)('reaches a provider of the %s wire with its content', async (wire) => {
    const { id } = await upload(world, PDF, 'paper.pdf');
    world.upstream.script(wire, answer(ANSWERS[wire].whole({ text: ['Nothing.'] })));
    await world.client.chat.completions.create({
      model: modelId(wire),
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }],
    });
    const [seen] = world.upstream.received(wire);
    const turns = wire === 'google' ? seen?.json.contents : seen?.json.messages;
    const [turn] = asArray(turns);
    const { content, parts } = asObject(turn) ?? {};
    expect(asArray(content ?? parts).at(-1)).toEqual(EXPECTED[wire]);
  });

  it('is a picture for responses, and is kept by its id', async () => {
    const { id } = await upload(world, PNG, 'cat.png');
    world.upstream.script('openai', answer(ANSWERS.openai.whole({ text: ['A cat.'] })));
    const response = await world.client.responses.create({
      model: modelId('openai'),
      input: [{ role: 'user', content: [{ type: 'input_image', file_id: id, detail: 'auto' }] }],
    });
    expect(response.output_text).toBe('A cat.');
    const url = `data:image/png;base64,${PNG.toString('base64')}`;
    const shown = () =>
      JSON.stringify(world.upstream.received('openai').at(-1)?.json.messages).includes(JSON.stringify(url));
    expect(shown()).toBe(true);
    const { data } = await world.client.responses.inputItems.list(response.id);
    expect(data[0]).toMatchObject({ content: [{ type: 'input_image', file_id: id }] });
    // The conversation goes on with the picture in it.
    await world.client.responses.create({
      model: modelId('openai'),
      previous_response_id: response.id,
      input: 'And now?',
    });
    expect(world.upstream.received('openai')).toHaveLength(2);
    expect(shown()).toBe(true);
  });

  it('is a document of the Messages API', async () => {
    const { id } = await upload(world, PDF, 'paper.pdf');
    world.upstream.script('anthropic', answer(ANSWERS.anthropic.whole({ text: ['Nothing.'] })));
    const anthropic = new Anthropic({ baseURL: world.gateway.origin, apiKey: world.key, maxRetries: 0 });
    await anthropic.messages.create({
      model: modelId('anthropic'),
      max_tokens: 10,
      messages: [
        { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: id } }] },
      ] as unknown as Anthropic.MessageParam[],
    });
    const [seen] = world.upstream.received('anthropic');
    expect(JSON.stringify(seen?.json.messages)).toContain(PDF.toString('base64'));
  });

  it('of another project is not found, with its place', async () => {
    const { id } = await upload(world, PDF, 'paper.pdf');
    const stranger = await newCaller(world);
    await expect(
      stranger.client.chat.completions.create({
        model: modelId('openai'),
        messages: [
          { role: 'system', content: 'x' },
          { role: 'user', content: [{ type: 'file', file: { file_id: id } }] },
        ],
      }),
    ).rejects.toMatchObject({ status: 404, code: 'not_found', param: 'messages[1].content[0].file.file_id' });
  });

  it('of a provider is for those whose account it is in', async () => {
    world.upstream.script('openai', answer(ANSWERS.openai.whole({ text: ['Nothing.'] })));
    const content: OpenAI.ChatCompletionContentPart[] = [
      { type: 'file', file: { file_id: 'file-6F2ksmvXxt4Vdoqm' } },
    ];
    const caller = await newCaller(world);
    const ask = () =>
      caller.client.chat.completions.create({
        model: modelId('openai'),
        messages: [{ role: 'user', content }],
      });
    await expect(ask()).rejects.toMatchObject({
      code: 'unsupported_parameter',
      param: 'messages[0].content[0].file.file_id',
    });
    expect(world.upstream.received('openai')).toEqual([]);
    await world.api('POST', `/api/workspaces/${caller.workspace}/credentials`, {
      provider: providerId('openai'),
      secret: 'sk-of-the-workspace',
    });
    await ask();
    // The credential was checked before.
    expect(world.upstream.received('openai').at(-1)?.json.messages).toEqual([{ role: 'user', content }]);
  });
});
