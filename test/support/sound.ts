import { expect } from 'vitest';
import { send } from './gateway.ts';

/** What a text sounds like: WAV. */
export async function soundOf(key: string, input: string): Promise<Uint8Array> {
  const body = { model: 'demo-speech', voice: 'alloy', input };
  const response = await send('POST', '/v1/audio/speech', { key, body });
  expect(response.status).toBe(200);
  return await response.bytes();
}
