import { readChatRequest } from '../../../src/gateway/requests/request.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const read = (body: unknown) =>
  readChatRequest(bytes(typeof body === 'string' ? body : JSON.stringify(body)));
export const MESSAGES = [{ role: 'user', content: 'hi' }];
