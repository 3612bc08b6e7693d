import { describe, expect, test } from 'vitest';
import { anthropic } from '../../../src/wires/anthropic/index.ts';
import { messages } from '../../../src/wires/anthropic/surface/index.ts';
import { responses } from '../../../src/wires/openai/responses/index.ts';
import { nativeResponses } from '../../../src/wires/openai/responses/native/index.ts';
import { sealThought } from '../../../src/wires/openai/responses/reasoning.ts';
import { requestOf } from '../../support/recorded-streams.ts';
import { nativeRequest, parsed, sent, targetOf } from './support.ts';

/** Spelled as no serialiser would. */
const MESSAGES = `{ "max_tokens" : 1e2, "messages":[{"role":"user","content":[{"type":"text","text":"\\u0048i","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],
 "tools":[{"type":"web_search_20250305","name":"web_search","max_uses":1.0}], "unknown_member":{"a":1.50}, "model":"asked" , "provider":{"only":["x"]}}`;

describe('to hosts of the Messages API', () => {
  test('all but the name of the model and our own members stays as it is spelled', () => {
    const { text, path, dropped, headers } = sent('messages', MESSAGES, targetOf(), {
      extensions: ['provider'],
    });
    expect(
      text,
    ).toBe(`{"model":"up-model","max_tokens" : 1e2, "messages":[{"role":"user","content":[{"type":"text","text":"\\u0048i","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],
 "tools":[{"type":"web_search_20250305","name":"web_search","max_uses":1.0}], "unknown_member":{"a":1.50}}`);
    expect({ path, dropped, headers }).toEqual({ path: '/messages', dropped: [], headers: undefined });
  });

  test('a request that names the model as its host does is sent as it came', () => {
    const text = '{"model":"up-model","max_tokens":5,"messages":[]}';
    expect(sent('messages', text).text).toBe(text);
  });

  test.each([
    ['a lower limit', {}, { maxOutputTokens: 7 }, { max_tokens: 7 }],
    [
      'a host that has the model in its path',
      { path: { whole: '/{model}:raw', stream: '/s' }, add: { version: 'v' } },
      {},
      { version: 'v', model: undefined },
    ],
    ['a member that the host refuses', { drop: ['unknown_member'] }, {}, { unknown_member: undefined }],
    [
      'a member that the host has another name for',
      { rename: { unknown_member: 'known' } },
      {},
      { known: { a: 1.5 }, unknown_member: undefined },
    ],
  ])('%s', (_, quirks, more, expected) => {
    const body = parsed(sent('messages', MESSAGES, targetOf(quirks), more).text);
    for (const [name, value] of Object.entries(expected)) expect(body[name]).toEqual(value);
    expect(body.messages).toEqual(parsed(MESSAGES).messages);
  });

  test('flags of betas go as a header: those of the client, of the body, and what members need', () => {
    const text =
      '{"model":"m","max_tokens":5,"messages":[],"betas":["two"],"context_management":{"edits":[]}}';
    const { headers, text: body } = sent('messages', text, targetOf(), { betas: ['one', 'two'] });
    expect(headers).toEqual({ 'anthropic-beta': 'one,two,context-management-2025-06-27' });
    expect(parsed(body)).not.toHaveProperty('betas');
  });

  test('thinking that we have sealed is left out, and what other models signed stays', () => {
    const own = { type: 'thinking', thinking: 'Hm', signature: 'interline:{"field":"reasoning"}' };
    const theirs = { type: 'thinking', thinking: 'Hm', signature: 'EqQB' };
    const call = { type: 'tool_use', id: 't', name: 'n', input: {} };
    const given = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [own] },
      {
        role: 'assistant',
        content: [theirs, own, { type: 'redacted_thinking', data: 'interline:{}' }, call],
      },
    ];
    const { text } = sent('messages', JSON.stringify({ model: 'm', messages: given }));
    expect(parsed(text).messages).toEqual([given[0], { role: 'assistant', content: [theirs, call] }]);
  });

  test('tokens are counted of the request as it came', () => {
    const native = nativeRequest('messages', MESSAGES, { extensions: ['provider'], betas: ['one'] });
    const asked = anthropic.tokens?.encode({ ...requestOf(), native }, targetOf());
    expect(asked).toMatchObject({ path: '/messages/count_tokens', headers: { 'anthropic-beta': 'one' } });
    const { max_tokens: _, provider: __, ...counted } = parsed(MESSAGES);
    const body = asked?.body;
    expect(parsed(typeof body === 'string' ? body : new TextDecoder().decode(body))).toEqual({
      ...counted,
      model: 'up-model',
    });
  });
});

describe('to hosts of the Responses API', () => {
  const seals = { responses: { sealsReasoning: true } };

  test('all but the model, our own members and what is stored stays as it is spelled', () => {
    const text = `{ "input" : "\\u0048i", "tools":[{"type":"web_search"},{"type":"mcp","server_label":"s","server_url":"https://x.example"}],"reasoning":{"context":"all_turns"}, "max_output_tokens":1e2,"unknown":1.50,"model":"asked","workflow":"w"}`;
    const {
      text: body,
      path,
      dropped,
    } = sent('responses', text, targetOf({ responses: {} }), { extensions: ['workflow'] });
    expect(body).toBe(
      `{"model":"up-model","store":false,"input" : "\\u0048i", "tools":[{"type":"web_search"},{"type":"mcp","server_label":"s","server_url":"https://x.example"}],"reasoning":{"context":"all_turns"}, "max_output_tokens":1e2,"unknown":1.50}`,
    );
    expect({ path, dropped }).toEqual({ path: '/responses', dropped: [] });
  });

  test.each([
    ['reasoning is asked for sealed', seals, { reasoning: true }, undefined, ['reasoning.encrypted_content']],
    [
      'beside what is asked for',
      seals,
      { reasoning: true },
      ['web_search_call.action.sources'],
      ['web_search_call.action.sources', 'reasoning.encrypted_content'],
    ],
    ['once', seals, { reasoning: true }, ['reasoning.encrypted_content'], ['reasoning.encrypted_content']],
    ['not where it is not known to reason', seals, {}, undefined, undefined],
    ['not of hosts that seal nothing', { responses: {} }, { reasoning: true }, undefined, undefined],
    [
      'nor of a model that does not reason, which would refuse',
      seals,
      { reasoning: false },
      ['reasoning.encrypted_content'],
      [],
    ],
  ])('%s', (_, quirks, capabilities, include, expected) => {
    const text = JSON.stringify({ model: 'm', input: 'Hi', ...(include ? { include } : {}) });
    expect(parsed(sent('responses', text, targetOf(quirks, capabilities)).text).include).toEqual(expected);
  });

  test('reasoning that we have sealed is left out, and what its host has sealed stays', () => {
    const input = [
      { role: 'user', content: 'Hi' },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [],
        encrypted_content: sealThought({ name: 'reasoning', details: [] }),
      },
      { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAAA' },
      { type: 'function_call', call_id: 'c', name: 'n', arguments: '{}' },
    ];
    const { text } = sent('responses', JSON.stringify({ model: 'm', input }), targetOf(seals));
    expect(parsed(text).input).toEqual([input[0], input[2], input[3]]);
  });

  test('what the gateway does itself is not asked for', () => {
    const text = JSON.stringify({
      model: 'm',
      input: 'Hi',
      store: true,
      previous_response_id: 'resp_1',
      background: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    });
    expect(parsed(sent('responses', text, targetOf(seals), { maxOutputTokens: 20 }).text)).toEqual({
      model: 'up-model',
      input: 'Hi',
      store: false,
      stream_options: { include_obfuscation: false },
      max_output_tokens: 20,
    });
  });

  test('which models speak it is data', () => {
    const speaks = (quirks: object) =>
      nativeResponses.speaks(targetOf(quirks), nativeRequest('responses', '{}'));
    expect(speaks({})).toBe(false);
    const at = (api: 'responses' | 'completions', quirks: object) =>
      nativeResponses.speaks(
        { ...targetOf(quirks), capabilities: { api } },
        nativeRequest('responses', '{}'),
      );
    expect(at('responses', {})).toBe(true);
    expect(at('completions', seals)).toBe(false);
    expect(speaks(seals)).toBe(true);
    expect(speaks({ responses: { except: ['up-*'] } })).toBe(false);
  });

  test.each([
    [{ input: 'Hi', seed: 1 }, true],
    [{ input: 'Hi', reasoning: { max_tokens: 100 } }, true],
    [{ input: 'Hi', reasoning: { effort: 'low' }, top_p: 0.5 }, false],
  ])('%j says words of chat completions: %j', (body, expected) => {
    expect(responses.needsTranslation?.(body)).toBe(expected);
  });
});

describe('what routing goes by of requests that cannot be translated', () => {
  test('a message', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } };
    const sketch = messages.sketch?.({
      model: 'm',
      max_tokens: 5,
      stream: true,
      system: 'Be brief.',
      policy: { region: 'eu' },
      container: 'c',
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      messages: [{ role: 'user', content: [image, { type: 'new_block' }] }],
    });
    expect(sketch?.chat).toEqual({
      model: 'm',
      max_completion_tokens: 5,
      stream: true,
      policy: { region: 'eu' },
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'https://x.example/a.png' } },
            { type: 'new_block' },
          ],
        },
      ],
    });
  });

  test('a response', () => {
    const sketch = responses.sketch?.({
      model: 'm',
      instructions: 'Be brief.',
      max_output_tokens: 5,
      provider: { only: ['x'] },
      input: [
        { role: 'user', content: [{ type: 'input_image', image_url: 'https://x.example/a.png' }] },
        { type: 'mcp_call' },
      ],
      tools: [{ type: 'mcp' }],
    });
    expect(sketch?.chat).toEqual({
      model: 'm',
      max_completion_tokens: 5,
      provider: { only: ['x'] },
      tools: [{ type: 'mcp' }],
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }] },
        { type: 'mcp_call' },
      ],
    });
  });

  test.each([
    ['no messages', messages, { model: 'm', max_tokens: 5, messages: [] }],
    [
      'a limit that is none',
      messages,
      { model: 'm', max_tokens: 0, messages: [{ role: 'user', content: 'Hi' }] },
    ],
    [
      'a thread that its host would keep',
      messages,
      { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }], thread: { type: 'create' } },
    ],
    ['no input', responses, { model: 'm' }],
    ['what another account keeps', responses, { model: 'm', input: 'Hi', conversation: 'conv_1' }],
    ['a prompt', responses, { model: 'm', input: 'Hi', prompt: { id: 'pmpt_1' } }],
    ['an item that is not here', responses, { model: 'm', input: [{ type: 'item_reference', id: 'rs_1' }] }],
    ['words of chat completions', responses, { model: 'm', input: 'Hi', response_format: { type: 'text' } }],
  ])('none of %s', (_, surface, body) => {
    expect(surface.sketch?.(body)).toBeNull();
  });
});
