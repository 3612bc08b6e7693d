import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { scanMembers } from '../../../src/lib/json-members.ts';
import { openai } from '../../../src/wires/openai/index.ts';
import type { ChatBody, Quirks } from '../../../src/wires/types.ts';

const CACHE = { type: 'ephemeral' };
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } };
const HI = { role: 'user', content: 'Hi' };

/** A request through the wire as one that was translated, or as one that came in this format. */
function sent(
  given: JsonObject,
  { quirks = {}, translated = true }: { quirks?: Quirks; translated?: boolean } = {},
) {
  const body: ChatBody = { model: 'm', messages: [HI], ...given };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = {
    bytes,
    members: scanMembers(bytes) ?? [],
    stream: false,
    includeUsage: false,
    body: () => body,
    extensions: [],
    translated,
  };
  const target = { upstreamModel: 'm', maxOutputTokens: null, capabilities: {}, quirks };
  const encoded = openai.chat?.encode(request, target);
  if (!encoded) throw new Error('The wire has no chat codec');
  const text = typeof encoded.body === 'string' ? encoded.body : new TextDecoder().decode(encoded.body);
  return { body: JSON.parse(text) as JsonObject, dropped: encoded.dropped };
}

describe('a request translated from another format', () => {
  test('one in our own format is left alone', () => {
    const given = { cache_control: CACHE, messages: [{ ...HI, cache_control: CACHE }] };
    expect(sent(given, { translated: false })).toEqual({ body: { model: 'm', ...given }, dropped: [] });
  });

  test('marks of the cache and details of reasoning are left out', () => {
    const text = (value: string): JsonObject => ({ type: 'text', text: value, cache_control: CACHE });
    const call = { id: 'a', type: 'function', function: { name: 't', arguments: '{}' } };
    const { body, dropped } = sent({
      cache_control: CACHE,
      messages: [
        { role: 'system', content: [text('one'), text('two')] },
        { role: 'user', content: [text('see'), IMAGE] },
        {
          role: 'assistant',
          content: [text('I '), text('see.')],
          reasoning_content: 'Hm',
          reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }],
          tool_calls: [{ ...call, cache_control: CACHE }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done', is_error: true, cache_control: CACHE },
      ],
      tools: [{ type: 'function', function: { name: 't' }, cache_control: CACHE }],
    });
    expect(body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'one\n\ntwo' },
        { role: 'user', content: [{ type: 'text', text: 'see' }, IMAGE] },
        { role: 'assistant', content: 'I see.', reasoning_content: 'Hm', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
      ],
      tools: [{ type: 'function', function: { name: 't' } }],
    });
    expect([...dropped].sort()).toEqual([
      'cache_control',
      'messages.cache_control',
      'messages.content.cache_control',
      'messages.is_error',
      'messages.reasoning_details',
      'tools.cache_control',
    ]);
  });

  test('parts that say more than their text stay parts', () => {
    const content = [
      { type: 'text', text: 'one', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'text', text: 'two' },
    ];
    const messages = [{ role: 'user', content }];
    expect(sent({ messages }).body.messages).toEqual(messages);
  });

  test("hosts that take OpenRouter's members get them", () => {
    const messages = [
      { role: 'system', content: [{ type: 'text', text: 'one', cache_control: CACHE }] },
      { role: 'assistant', content: 'x', reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] },
      HI,
    ];
    const { body, dropped } = sent({ messages }, { quirks: { reasoningObject: true } });
    expect(body.messages).toEqual(messages);
    expect(dropped).toEqual([]);
  });

  test('what results of tools show stands behind all of them', () => {
    const { body } = sent({
      messages: [
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'this:' }, IMAGE] },
        { role: 'tool', tool_call_id: 'b', content: [IMAGE] },
        HI,
      ],
    });
    expect(body.messages).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'this:' },
      { role: 'tool', tool_call_id: 'b', content: 'The result is attached to the next message.' },
      { role: 'user', content: [IMAGE, IMAGE] },
      HI,
    ]);
  });

  test('files of text are text', () => {
    const file = { file_data: 'data:text/plain;base64,WsO8cmljaA==', filename: 'a.txt' };
    const { body } = sent({ messages: [{ role: 'user', content: [{ type: 'file', file }, IMAGE] }] });
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [{ type: 'text', text: '<document title="a.txt">\nZürich\n</document>' }, IMAGE],
      },
    ]);
  });

  const efforts: [given: JsonObject, effort: string | undefined][] = [
    [{ output_config: { effort: 'low' } }, 'low'],
    [{ output_config: { effort: 'low' }, reasoning: { max_tokens: 1024 } }, 'low'],
    [{ output_config: { effort: 'low' }, reasoning: { effort: 'high' } }, 'high'],
    [{ output_config: { effort: 'low' }, reasoning: { enabled: false } }, undefined],
  ];

  test.each(efforts)('the effort of %j', (given, effort) => {
    expect(sent(given).body.reasoning_effort).toBe(effort);
  });

  test('a user that is too long for OpenAI is left out', () => {
    expect(sent({ user: 'u'.repeat(64) }).body.user).toBe('u'.repeat(64));
    expect(sent({ user: 'u'.repeat(65) })).toEqual({
      body: { model: 'm', messages: [HI] },
      dropped: ['user'],
    });
  });

  test('where a model must run is no wish', () => {
    expect(() => sent({ inference_geo: 'us' })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'inference_geo' }),
    );
  });
});
