import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { bodyOf, codec, encode, request, target } from './support.ts';

const OLD = target('claude-sonnet-4-5');
const NEW = target('claude-opus-4-7');

describe('the request', () => {
  test('goes to /messages with the model in the casing of the provider', () => {
    const encoded = codec().encode(request({}, true), target('Claude-X'));
    expect(encoded.path).toBe('/messages');
    expect(bodyOf(encoded)).toEqual({
      model: 'Claude-X',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      stream: true,
    });
    expect(encoded.dropped).toEqual([]);
  });

  test.each<[JsonObject, number | null, unknown, string[]]>([
    [{ max_tokens: 5 }, 100, 5, []],
    [{ max_completion_tokens: 6 }, 100, 6, []],
    [{ max_completion_tokens: 6, max_tokens: 7 }, 100, 6, ['max_tokens']],
    [{ max_tokens: null }, 100, 100, []],
    [{}, null, 4096, []],
    [{ reasoning: { max_tokens: 8000 } }, null, 12_096, []],
    [{ max_tokens: 999_999 }, 100, 999_999, []],
  ])('max_tokens of %j with a limit of %j', (body, maxOutputTokens, expected, dropped) => {
    const got = encode(body, target('claude-sonnet-4-5', { maxOutputTokens }));
    expect(got.body.max_tokens).toBe(expected);
    expect(got.dropped).toEqual(dropped);
  });

  test.each<[string, JsonObject, JsonObject, string[]]>([
    ['is sent as it is', { temperature: 0.3 }, { temperature: 0.3 }, []],
    ['is never clamped', { temperature: 1.7 }, { temperature: 1.7 }, []],
    ['zero is a value', { temperature: 0, top_k: 0 }, { temperature: 0, top_k: 0 }, []],
    ['null is none', { temperature: null, top_p: null, top_k: null }, {}, []],
    ['all three', { temperature: 0.3, top_p: 0.9, top_k: 5 }, { temperature: 0.3, top_p: 0.9, top_k: 5 }, []],
    ['top_p of 1 beside it says nothing', { temperature: 0.3, top_p: 1 }, { temperature: 0.3 }, []],
    ['1 beside top_p says nothing', { temperature: 1, top_p: 0.5 }, { top_p: 0.5 }, []],
    ['1 alone', { temperature: 1 }, { temperature: 1 }, []],
  ])('temperature: %s', (_, body, expected, dropped) => {
    const got = encode(body, OLD);
    const { temperature, top_p, top_k } = got.body;
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected);
    expect(got.dropped).toEqual(dropped);
  });

  test.each([
    ['a model that takes only the defaults', NEW],
    ['an endpoint without temperature', target('x', { capabilities: { temperature: false } })],
  ])('%s', (_, to) => {
    const changed = encode({ temperature: 0.2, top_p: 0.5, top_k: 3 }, to);
    expect(changed.dropped).toEqual(['temperature', 'top_p', 'top_k']);
    const defaults = encode({ temperature: 1, top_p: 1 }, to);
    expect(defaults.dropped).toEqual([]);
    for (const { body } of [changed, defaults]) {
      expect(body).not.toHaveProperty('temperature');
      expect(body).not.toHaveProperty('top_p');
      expect(body).not.toHaveProperty('top_k');
    }
  });

  test('sampling while thinking', () => {
    const thinking = { thinking: { type: 'enabled', budget_tokens: 2000 } };
    expect(encode({ ...thinking, temperature: 0.2, top_p: 0.5, top_k: 3 }, OLD).dropped).toEqual([
      'temperature',
      'top_p',
      'top_k',
    ]);
    const kept = encode({ ...thinking, temperature: 1, top_p: 0.95 }, OLD);
    expect(kept.dropped).toEqual([]);
    expect(kept.body.top_p).toBe(0.95);
    expect(kept.body).not.toHaveProperty('temperature');
  });

  test.each<[unknown, unknown, string[]]>([
    ['END', ['END'], []],
    [['a', 'b'], ['a', 'b'], []],
    [['a', '\n\n'], ['a'], ['stop']],
    [' ', undefined, ['stop']],
    [null, undefined, []],
    [[], undefined, []],
  ])('stop %j', (stop, expected, dropped) => {
    const got = encode({ stop: stop as JsonObject['stop'] });
    expect(got.body.stop_sequences).toEqual(expected);
    expect(got.dropped).toEqual(dropped);
  });

  test.each<[JsonObject, unknown, string[]]>([
    [{ user: 'u' }, { user_id: 'u' }, []],
    [{ safety_identifier: 's', user: 'u' }, { user_id: 's' }, ['user']],
    [{ metadata: { user_id: 'm' }, user: 'm' }, { user_id: 'm' }, []],
    [{ metadata: { user_id: 'm', job: '1' } }, { user_id: 'm' }, ['metadata']],
    [{ metadata: { job: '1' } }, undefined, ['metadata']],
    [{ metadata: {} }, undefined, []],
  ])('origin of %j', (body, expected, dropped) => {
    const got = encode(body);
    expect(got.body.metadata).toEqual(expected);
    expect(got.dropped).toEqual(dropped);
  });

  test.each<[string, unknown, string[]]>([
    ['auto', 'auto', []],
    ['default', 'standard_only', []],
    ['standard_only', 'standard_only', []],
    ['flex', undefined, ['service_tier']],
    ['priority', undefined, ['service_tier']],
  ])('service tier %s', (tier, expected, dropped) => {
    const got = encode({ service_tier: tier });
    expect(got.body.service_tier).toEqual(expected);
    expect(got.dropped).toEqual(dropped);
  });

  test('what the API has nothing for is reported and not sent', () => {
    const fields: JsonObject = {
      n: 2,
      seed: 0,
      logprobs: true,
      top_logprobs: 3,
      logit_bias: { '50256': -100 },
      frequency_penalty: 0.1,
      presence_penalty: -1,
      audio: { voice: 'alloy' },
      modalities: ['text', 'audio'],
      prediction: { type: 'content', content: 'x' },
      store: true,
      web_search_options: {},
      verbosity: 'low',
      prompt_cache_key: 'k',
      some_new_field: false,
    };
    const { body, dropped } = encode(fields);
    expect([...dropped].sort()).toEqual(Object.keys(fields).sort());
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model']);
  });

  test('values that ask for nothing are no loss', () => {
    const { body, dropped } = encode({
      n: 1,
      seed: null,
      logprobs: false,
      top_logprobs: 0,
      logit_bias: {},
      frequency_penalty: 0,
      presence_penalty: 0,
      modalities: ['text'],
      store: false,
      verbosity: 'medium',
      stream_options: { include_usage: true },
      response_format: { type: 'text' },
      parallel_tool_calls: true,
    });
    expect(dropped).toEqual([]);
    expect(Object.keys(body).sort()).toEqual(['max_tokens', 'messages', 'model']);
  });

  test("fields of the API's own pass through, and bring the beta flags they need", () => {
    const native: JsonObject = {
      cache_control: { type: 'ephemeral' },
      container: 'container_1',
      context_management: { edits: [{ type: 'compact_20260112' }] },
      inference_geo: 'us',
      mcp_servers: [{ type: 'url', url: 'https://example.com/mcp', name: 'm' }],
      speed: 'fast',
      thinking: { type: 'between_tools' },
      output_config: { effort: 'low', task_budget: { type: 'tokens', total: 5 } },
      top_k: 7,
      system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral' } }],
    };
    const encoded = codec().encode(
      request({ ...native, betas: ['files-api-2025-04-14'] }),
      target('host-model'),
    );
    const { thinking: _, top_k: __, ...rest } = native;
    expect(bodyOf(encoded)).toMatchObject({ ...rest, thinking: { type: 'between_tools' } });
    expect(bodyOf(encoded)).not.toHaveProperty('betas');
    // Thinking and top_k exclude each other.
    expect(encoded.dropped).toEqual(['top_k']);
    expect(encoded.headers).toEqual({
      'anthropic-beta':
        'files-api-2025-04-14,context-management-2025-06-27,compact-2026-01-12,mcp-client-2025-04-04,fast-mode-2026-02-01',
    });
  });

  test('quirks of a host: refused fields are reported, renamed ones renamed', () => {
    const to = target('claude-sonnet-4-5', {
      quirks: { drop: ['top_k', 'stop_sequences', 'user'], rename: { max_tokens: 'max_output' } },
    });
    const { body, dropped } = encode({ top_k: 5, stop: 'x', user: 'u' }, to);
    expect(body).toEqual({
      model: 'claude-sonnet-4-5',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      max_output: 64_000,
    });
    expect(dropped).toEqual(['top_k', 'user', 'stop_sequences']);
  });

  test('the parsed body of the request is not changed', () => {
    const body: JsonObject = {
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: [{ type: 'document', source: {} }], cache_control: { type: 'ephemeral' } },
        { role: 'assistant', content: 'prefill  ' },
      ],
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object' } }, cache_control: {} },
      ],
      response_format: { type: 'json_object' },
      output_config: {},
      reasoning_effort: 'low',
    };
    const before = structuredClone(body);
    encode(body);
    expect(body).toEqual(before);
  });
});
