import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A picture of one pixel, and the smallest thing that calls itself a PDF. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');

const CONTENT: OpenAI.ChatCompletionContentPart[] = [
  { type: 'text', text: 'What is in these?' },
  { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
  { type: 'file', file: { filename: 'paper.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
];

const BY_ADDRESS: OpenAI.ChatCompletionContentPart = {
  type: 'image_url',
  image_url: { url: 'https://example.com/cat.jpg' },
};

/** What each provider documents for a text, an image, a PDF, and an image by address. */
const EXPECTED: Record<WireName, unknown> = {
  openai: [{ role: 'user', content: [...CONTENT, BY_ADDRESS] }],
  anthropic: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is in these?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: PDF },
          title: 'paper.pdf',
        },
        { type: 'image', source: { type: 'url', url: 'https://example.com/cat.jpg' } },
      ],
    },
  ],
  google: [
    {
      role: 'user',
      parts: [
        { text: 'What is in these?' },
        { inlineData: { mimeType: 'image/png', data: PNG } },
        { inlineData: { mimeType: 'application/pdf', data: PDF } },
        { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/cat.jpg' } },
      ],
    },
  ],
  // Converse takes images with their content only, and names of documents that say nothing.
  bedrock: [
    {
      role: 'user',
      content: [
        { text: 'What is in these?' },
        { image: { format: 'png', source: { bytes: PNG } } },
        { document: { format: 'pdf', name: 'document-1', source: { bytes: PDF } } },
      ],
    },
  ],
};

test.each(WIRES)('images and PDFs reach the provider in the words of the %s wire', async (wire) => {
  world.upstream.script(wire, answer(ANSWERS[wire].whole({ text: ['A cat.'] })));
  const completion = await world.client.chat.completions.create({
    model: modelId(wire),
    messages: [{ role: 'user', content: wire === 'bedrock' ? CONTENT : [...CONTENT, BY_ADDRESS] }],
  });
  expect(completion.choices[0]?.message.content).toBe('A cat.');
  const [seen] = world.upstream.received(wire);
  expect(wire === 'google' ? seen?.json.contents : seen?.json.messages).toEqual(EXPECTED[wire]);
});

test('an image by address is refused by name where a provider takes none', async () => {
  world.upstream.script('bedrock', answer(ANSWERS.bedrock.whole({ text: ['A cat.'] })));
  const asking = world.client.chat.completions.create({
    model: modelId('bedrock'),
    messages: [{ role: 'user', content: [...CONTENT, BY_ADDRESS] }],
  });
  await expect(asking).rejects.toMatchObject({
    status: 400,
    code: 'unsupported_parameter',
    param: 'messages[0].content[3].image_url.url',
  });
  expect(world.upstream.received('bedrock')).toEqual([]);
});
