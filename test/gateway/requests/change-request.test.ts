import { describe, expect, it } from 'vitest';
import {
  changeRequest,
  outputLimitName,
  withOutputLimit,
} from '../../../src/gateway/requests/change-request.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import { wires } from '../../../src/wires/index.ts';
import type { ChatRequest } from '../../../src/wires/types.ts';

const TARGET = { upstreamModel: 'up', maxOutputTokens: null, capabilities: {}, quirks: {} };

function read(body: object): ChatRequest {
  const text = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Grüße' }], ...body });
  return readChatRequest(new TextEncoder().encode(text)).request;
}

/** What an upstream of the openai wire gets. */
function sent(request: ChatRequest): Record<string, unknown> {
  const body = wires.openai.chat?.encode(request, TARGET).body;
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array));
}

describe('a changed request', () => {
  it('has other members, in its bytes and in its body', () => {
    const request = read({ seed: 7, temperature: 0 });
    const changed = changeRequest(request, { seed: undefined, temperature: 1, top_p: 0.5 });
    const expected = { messages: [{ role: 'user', content: 'Grüße' }], temperature: 1, top_p: 0.5 };
    expect(changed.body()).toEqual({ model: 'm', ...expected });
    expect(sent(changed)).toEqual({ model: 'up', ...expected });
    expect(changed.members.map(({ name }) => name)).toEqual(['model', 'messages', 'temperature', 'top_p']);
  });

  it('leaves the one that it was made from as it was', () => {
    const request = read({ seed: 7 });
    changeRequest(request, { seed: 8, messages: [] });
    expect(request.body()).toMatchObject({ seed: 7, messages: [{ role: 'user' }] });
    expect(sent(request)).toMatchObject({ seed: 7 });
  });

  it('holds nothing of the gateway’s own', () => {
    const request = read({
      policy: { slo_ms: 5 },
      models: ['n'],
      provider: { only: ['p'] },
      midstream: 'error',
    });
    expect(Object.keys(sent(request)).sort()).toEqual(['messages', 'model']);
    expect(Object.keys(sent(changeRequest(request, { top_p: 1 }))).sort()).toEqual([
      'messages',
      'model',
      'top_p',
    ]);
  });

  it('is streamed as the first one is', () => {
    expect(changeRequest(read({ stream: true }), { top_p: 1 }).stream).toBe(true);
  });
});

describe('the limit of output tokens', () => {
  it.each([
    [{}, 'max_tokens'],
    [{ max_tokens: 5 }, 'max_tokens'],
    [{ max_completion_tokens: 5 }, 'max_completion_tokens'],
  ])('of %j is %s', (body, name) => {
    const request = read(body);
    expect(outputLimitName(request)).toBe(name);
    expect(sent(withOutputLimit(request, 3))).toMatchObject({ [name]: 3 });
  });

  it('stays as it is where nothing lowers it', () => {
    const request = read({ max_tokens: 5 });
    expect(withOutputLimit(request, null)).toBe(request);
  });

  it('is lowered also where only the other name of it is lower', () => {
    for (const body of [
      { max_tokens: 1, max_completion_tokens: 900 },
      { max_tokens: 900, max_completion_tokens: 1 },
    ]) {
      const { max_tokens: older = 0, max_completion_tokens: newer = 0 } = sent(
        withOutputLimit(read(body), 3),
      );
      expect(Math.max(Number(older), Number(newer))).toBe(3);
    }
  });

  it('stands once', () => {
    const limited = sent(withOutputLimit(read({ max_tokens: 9, max_completion_tokens: 8 }), 3));
    expect(
      [limited.max_tokens, limited.max_completion_tokens].filter((limit) => limit !== undefined),
    ).toEqual([3]);
  });
});
