import { expect, it } from 'vitest';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import { estimateInputTokens, estimateUsage } from '../../../src/gateway/settling/estimate.ts';

function request(content: unknown) {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
  return readChatRequest(new TextEncoder().encode(body)).request;
}

const LONG = 'word '.repeat(30_000);

it.each([
  ['text', LONG],
  ['text without a space', 'x'.repeat(150_000)],
  ['text in a part', [{ type: 'text', text: LONG }]],
  ['text that looks like data', `data:${'A'.repeat(150_000)}`],
])('counts all of a long %s', (_, content) => {
  expect(estimateUsage(request(content)).inputTokens).toBeGreaterThanOrEqual(150_000 / 4);
  expect(estimateInputTokens(request(content))).toBeGreaterThanOrEqual(150_000 / 4);
});

it.each([
  ['an image', { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(150_000)}` } }],
  ['a sound', { type: 'input_audio', input_audio: { data: 'A'.repeat(150_000), format: 'wav' } }],
  ['a file', { type: 'file', file: { file_data: `data:application/pdf;base64,${'A'.repeat(150_000)}` } }],
])('counts %s as one attachment, whatever its size', (_, part) => {
  expect(estimateUsage(request([part])).inputTokens).toBeLessThan(1_100);
});

it('counts an address as what it is', () => {
  const part = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
  expect(estimateUsage(request([part])).inputTokens).toBeLessThan(50);
});

it('reserves for an image behind an address as for one that is there', () => {
  const part = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
  expect(estimateInputTokens(request([part, part]))).toBeGreaterThanOrEqual(2_000);
  expect(estimateInputTokens(request('https://example.com/a.png'))).toBeLessThan(100);
});
