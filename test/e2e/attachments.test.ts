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
  { type: 'image_url', image_url: { url: 'https://example.com/cat.jpg' } },
  { type: 'file', file: { filename: 'paper.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
];

/** What each provider documents for a text, an image, an image by address, and a PDF. */
const EXPECTED: Record<WireName, unknown> = {
  openai: [{ role: 'user', content: CONTENT }],
  anthropic: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is in these?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        { type: 'image', source: { type: 'url', url: 'https://example.com/cat.jpg' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: PDF },
          title: 'paper.pdf',
        },
      ],
    },
  ],
  google: [
    {
      role: 'user',
      parts: [
        { text: 'What is in these?' },
        { inlineData: { mimeType: 'image/png', data: PNG } },
        { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/cat.jpg' } },
        { inlineData: { mimeType: 'application/pdf', data: PDF } },
      ],
    },
  ],
};

test.each(WIRES)('images and PDFs reach the provider in the words of the %s wire', async (wire) => {
  world.upstream.script(wire, answer(ANSWERS[wire].whole({ text: ['A cat.'] })));
  const completion = await world.client.chat.completions.create({
    model: modelId(wire),
    messages: [{ role: 'user', content: CONTENT }],
  });
  expect(completion.choices[0]?.message.content).toBe('A cat.');
  const [seen] = world.upstream.received(wire);
  expect(wire === 'google' ? seen?.json.contents : seen?.json.messages).toEqual(EXPECTED[wire]);
});
