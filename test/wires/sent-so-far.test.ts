import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import type { ChatBody, StreamDecoder } from '../../src/wires/types.ts';
import { decoderOf, RECORDED_STREAMS, requestOf } from '../support/recorded-streams.ts';

const tool = { name: 'weather', parameters: { type: 'object', properties: {} } };

const REQUESTS: [string, Partial<ChatBody>][] = [
  ['a plain request', {}],
  ['a request of the older dialect', { functions: [tool] }],
  [
    'a request for an object of a schema',
    {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'weather', schema: { type: 'object', properties: {} } },
      },
    },
  ],
];

interface Delta {
  content?: string | null;
  tool_calls?: unknown[];
  function_call?: unknown;
  [other: string]: unknown;
}

/** What a client has: the text of the first choice, whether of a call it has a piece, whether it has more than both. */
class Client {
  content = '';
  toolCalls = false;
  otherOutput = false;
  providerData = false;

  hear(sse: string): void {
    for (const event of sse.split('\n\n').filter((text) => text !== '')) {
      const { choices } = JSON.parse(event.slice('data: '.length));
      for (const { index, delta } of choices as { index: number; delta: Delta }[]) {
        if (index === 0) this.content += delta.content ?? '';
        else if (delta.content) this.otherOutput = true;
        if (delta.tool_calls?.length || delta.function_call) this.toolCalls = true;
        if (delta.provider_data) this.providerData = true;
        const { reasoning, reasoning_details, images, audio, refusal } = delta;
        if (reasoning || reasoning_details || images || audio || refusal) this.otherOutput = true;
      }
    }
  }
}

/** False when the stream has failed. */
function told(decoder: StreamDecoder, client: Client, data: string, event: string | null): boolean {
  try {
    client.hear(decoder.push(data, event));
    return true;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

describe.each(REQUESTS)(
  'after each event of a stream that answers %s, the state is what was sent',
  (_, body) => {
    test.each(RECORDED_STREAMS)('$wire $name', ({ wire, events }) => {
      const decoder = decoderOf(wire, requestOf(body));
      const client = new Client();
      expect(events.length).toBeGreaterThan(0);
      for (const { data, event } of events) {
        if (!told(decoder, client, data, event)) break;
        const { content, toolCalls, otherOutput, finished } = decoder.state;
        expect(content).toBe(client.content);
        expect(toolCalls).toBe(client.toolCalls);
        // What comes with the finish reason needs no telling: none goes on with an answer that is whole.
        if (!finished && client.otherOutput) expect(otherOutput).toBe(true);
        if (otherOutput) expect(client.otherOutput || client.providerData).toBe(true);
      }
    });
  },
);

test('the fixtures hold text, calls and other output of every wire', () => {
  const seen = new Map<string, Set<string>>();
  for (const { wire, events } of RECORDED_STREAMS) {
    const decoder = decoderOf(wire);
    const client = new Client();
    for (const { data, event } of events) if (!told(decoder, client, data, event)) break;
    const kinds = seen.get(wire) ?? new Set();
    seen.set(wire, kinds);
    if (decoder.state.content !== '') kinds.add('content');
    if (decoder.state.toolCalls) kinds.add('calls');
    if (decoder.state.otherOutput) kinds.add('other');
  }
  for (const wire of ['openai', 'anthropic', 'google', 'bedrock', 'responses']) {
    expect(seen.get(wire)).toEqual(new Set(['content', 'calls', 'other']));
  }
});

describe('an empty piece is none', () => {
  const chunk = (delta: object): string =>
    JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }], id: 'a', model: 'm' });

  test.each([
    ['an empty list of calls', { content: 'a', tool_calls: [] }],
    ['no call', { content: 'a', tool_calls: null, function_call: null }],
    ['no reasoning', { content: 'a', reasoning: '', reasoning_content: '', refusal: null, audio: null }],
  ])('%s', (_, delta) => {
    const decoder = decoderOf('openai');
    decoder.push(chunk(delta), null);
    expect(decoder.state).toMatchObject({ content: 'a', toolCalls: false, otherOutput: false });
  });

  test('a picture, sound, a refusal or thinking is something', () => {
    for (const delta of [
      { images: [{ type: 'image_url' }] },
      { audio: { data: 'AA==' } },
      { refusal: 'No.' },
      { reasoning_content: 'Hm' },
      { content: [{ type: 'thinking', thinking: 'Hm' }] },
    ]) {
      const decoder = decoderOf('openai');
      decoder.push(chunk(delta), null);
      expect(decoder.state).toMatchObject({ content: '', toolCalls: false, otherOutput: true });
    }
  });
});

describe('another choice than the first is something that none can go on from', () => {
  test('openai', () => {
    const decoder = decoderOf('openai', requestOf({ n: 2 }));
    const choices = [{ index: 1, delta: { content: 'b' }, finish_reason: null }];
    decoder.push(JSON.stringify({ id: 'a', model: 'm', choices }), null);
    expect(decoder.state).toMatchObject({ content: '', toolCalls: false, otherOutput: true });
  });

  test('a stream without one that was asked for is not finished, unless its host says so', () => {
    const first = { id: 'a', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
    for (const [end, finished] of [
      [null, false],
      ['[DONE]', true],
      [JSON.stringify({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }), true],
    ] as const) {
      const decoder = decoderOf('openai', requestOf({ n: 2 }));
      decoder.push(JSON.stringify(first), null);
      if (end !== null) decoder.push(end, null);
      expect(decoder.state.finished).toBe(finished);
    }
  });

  test('google', () => {
    const decoder = decoderOf('google', requestOf({ n: 2 }));
    const candidates = [{ index: 1, content: { role: 'model', parts: [{ text: 'b' }] } }];
    decoder.push(JSON.stringify({ candidates }), null);
    expect(decoder.state).toMatchObject({ content: '', toolCalls: false, otherOutput: true });
  });
});

describe('bedrock', () => {
  const push = (decoder: StreamDecoder, event: string, data: object): string =>
    decoder.push(JSON.stringify(data), event);

  test('a call is known from its start', () => {
    const decoder = decoderOf('bedrock');
    push(decoder, 'contentBlockStart', {
      contentBlockIndex: 0,
      start: { toolUse: { name: 'f', toolUseId: 't' } },
    });
    expect(decoder.state).toMatchObject({ content: '', toolCalls: true, otherOutput: false });
  });

  test.each([{ text: 'Hm' }, { signature: 's' }, { redactedContent: 'x' }])(
    'thinking %j',
    (reasoningContent) => {
      const decoder = decoderOf('bedrock');
      push(decoder, 'contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent } });
      expect(decoder.state).toMatchObject({ content: '', toolCalls: false, otherOutput: true });
    },
  );
});
