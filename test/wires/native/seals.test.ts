import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { sealThought } from '../../../src/wires/openai/responses/reasoning.ts';
import type { Target } from '../../../src/wires/types.ts';
import { codecOf, eventsOf, META, nativeRequest, parsed, sent, targetOf } from './support.ts';

const at = (account?: string): Target => ({
  ...targetOf({ responses: {} }),
  ...(account === undefined ? {} : { account }),
});
const reasoning = (sealed: Json, id = 'rs_1') => ({
  id,
  type: 'reasoning',
  summary: [],
  encrypted_content: sealed,
});
const MESSAGE = {
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: '"encrypted_content":"gA/="' }],
};
const codec = codecOf('responses');

/** The input as a host of this account is sent it. */
function inputFor(
  account: string | undefined,
  ...items: object[]
): { input: unknown; dropped: readonly string[] } {
  const { text, dropped } = sent('responses', JSON.stringify({ model: 'm', input: items }), at(account));
  return { input: parsed(text).input, dropped };
}

describe('reasoning sealed by a host of the Responses API', () => {
  const spelled = `{ "id":"resp_1","output" : [{"type":"reasoning","summary":[],"encrypted_content" : "gA\\/="},{"type":"compaction","encrypted_content":"gB="},${JSON.stringify(MESSAGE)}],"n":1.50}`;

  test('is marked in a whole answer, all else of which stays as it is spelled', () => {
    const { text } = codec.decode(spelled, at('x'), META);
    expect(text).toBe(spelled.replace('"gA\\/="', '"interline.of.x:gA/="').replace('"resp_1"', '"resp_01k"'));
  });

  test('is not where nobody knows whose it is', () => {
    expect(codec.decode(spelled, at(), META).text).toBe(spelled.replace('"resp_1"', '"resp_01k"'));
  });

  test('is marked in each event of a stream that has it', () => {
    const item = reasoning('gA/=');
    const events: JsonObject[] = [
      { type: 'response.created', response: { id: 'resp_1', output: [] } },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { id: 'resp_1', output: [item, MESSAGE] } },
    ];
    const decoder = codec.stream(at('x'), META);
    const told = events.map((event) => decoder.push(JSON.stringify(event), String(event.type))).join('');
    const out = eventsOf(told + decoder.end({ credits_used: 1 })).map(({ data }) => parsed(data));
    const marked = reasoning('interline.of.x:gA/=');
    expect(out.slice(1, 3).map((event) => event.item)).toEqual([marked, marked]);
    expect(out.at(-1)?.response).toMatchObject({ output: [marked, MESSAGE] });
    const { progress } = decoder;
    expect('items' in progress && progress.items[0]?.item).toEqual(marked);
  });

  test('goes back to its account as it was', () => {
    const given = [reasoning('interline.of.x:gA:/='), MESSAGE];
    expect(inputFor('x', ...given)).toEqual({ input: [reasoning('gA:/='), MESSAGE], dropped: [] });
    expect(inputFor(undefined, ...given)).toEqual({ input: [reasoning('gA:/='), MESSAGE], dropped: [] });
  });

  test.each([
    ['another account', 'interline.of.x:gA='],
    ['the workspace’s own account at the same provider', 'interline.of.y+own:gA='],
    ['the gateway itself', sealThought({ name: 'reasoning', details: [] })],
  ])('is left out where it is of %s, and that is told', (_, sealed) => {
    expect(inputFor('y', reasoning(sealed), MESSAGE)).toEqual({
      input: [MESSAGE],
      dropped: ['input.encrypted_content'],
    });
  });

  test.each([['gAAAAdirect'], [null], ['']])('that nobody has marked is sent as it is: %s', (sealed) => {
    const text = JSON.stringify({ model: 'up-model', input: [reasoning(sealed), MESSAGE], store: false });
    expect(sent('responses', text, at('x')).text).toBe(text);
  });

  test.each([
    ['that checks them', true],
    ['that does not', false],
  ])('and items by ids of another host, at a host %s', (_, sealsReasoning) => {
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    const items = [
      { ...reasoning(null, '305ae5c3'), content: [{ type: 'reasoning_text', text: 'Hm' }] },
      { ...MESSAGE, id: '33df88f0' },
      { ...call, id: 'fc_1' },
      { ...call, id: 'item_1' },
      { type: 'function_call_output', id: 'x', call_id: 'c', output: '' },
    ];
    const target = { ...at('x'), quirks: { responses: { sealsReasoning } } };
    const { text, dropped } = sent('responses', JSON.stringify({ model: 'm', input: items }), target);
    const known = [MESSAGE, { ...call, id: 'fc_1' }, call, items.at(-1)];
    expect(parsed(text).input).toEqual(sealsReasoning ? known : items);
    expect(dropped).toEqual(sealsReasoning ? ['input.encrypted_content'] : []);
  });

  test('can be taken out of a request', () => {
    const input = [reasoning('gA='), reasoning(null, 'rs_2'), { ...MESSAGE, id: '33df88f0' }];
    const found = codec.withoutSealed?.(nativeRequest('responses', JSON.stringify({ model: 'm', input })));
    expect(found?.dropped).toEqual(['input.encrypted_content']);
    expect(found?.request.body).toEqual({ model: 'm', input: [MESSAGE] });
    expect(parsed(new TextDecoder().decode(found?.request.bytes))).toEqual(found?.request.body);
    const left = found && codec.withoutSealed?.(found.request);
    expect(left).toBeNull();
  });
});

describe('thinking in the Messages API', () => {
  const user = { role: 'user', content: 'Hi' };
  const thought = { type: 'thinking', thinking: 'Hm', signature: 'EqQB' };
  const ours = { type: 'redacted_thinking', data: 'interline:{}' };
  const text = { type: 'text', text: 'Yes' };
  const call = { type: 'tool_use', id: 't', name: 'n', input: {} };
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'R' }] };
  const says = (...content: object[]) => ({ role: 'assistant', content });
  const enabled = { type: 'enabled', budget_tokens: 1024 };
  const edits = [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }];
  const target = (upstreamModel: string): Target => ({ ...targetOf(), upstreamModel });
  const sentBy = (body: object, upstreamModel = 'claude-sonnet-4-5') => {
    const { text: spoken, dropped } = sent('messages', JSON.stringify(body), target(upstreamModel));
    return { body: parsed(spoken), dropped };
  };

  test.each([
    ['begun by another model', [user, says(call), result], 'claude-sonnet-4-5', false],
    ['begun with what is not sent', [user, says(ours, call), result], 'claude-opus-4-6', false],
    [
      'begun so, and gone on with',
      [user, says(call), result, says(thought, call), result],
      'claude-haiku-4-5@20251001',
      false,
    ],
    ['begun with thinking', [user, says(thought, call), result], 'claude-sonnet-4-5', true],
    [
      'begun with thinking, and gone on with',
      [user, says(thought, call), result, says(call), result],
      'claude-sonnet-4-5',
      true,
    ],
    [
      'behind one that did not',
      [user, says(call), result, says(text), user, says(thought, call), result],
      'claude-sonnet-4-5',
      true,
    ],
    ['that is over', [user, says(call), result, says(text), user], 'claude-sonnet-4-5', true],
    ['at a model that does not look', [user, says(call), result], 'kimi-k2', true],
  ])('is asked for in a turn %s only where it may be', (_, messages, model, thinks) => {
    const { body, dropped } = sentBy({ model: 'm', messages, thinking: enabled }, model);
    expect(body.thinking).toEqual(thinks ? enabled : undefined);
    expect(dropped.includes('thinking')).toBe(!thinks);
  });

  test('takes edits of it along when it goes, and adaptive thinking stays', () => {
    const loop = { model: 'm', messages: [user, says(call), result] };
    const { body } = sentBy({ ...loop, thinking: enabled, context_management: { edits } });
    expect(body.context_management).toEqual({ edits: edits.slice(1) });
    const alone = sentBy({ ...loop, thinking: enabled, context_management: { edits: edits.slice(0, 1) } });
    expect(alone.body).not.toHaveProperty('context_management');
    const adaptive = { ...loop, thinking: { type: 'adaptive' }, context_management: { edits } };
    expect(sentBy(adaptive, 'claude-sonnet-4-6').body).toMatchObject({
      thinking: adaptive.thinking,
      context_management: { edits },
    });
  });

  test('of other kinds of models is left out, and that is told', () => {
    const { body, dropped } = sentBy({ model: 'm', messages: [user, says(ours, text), user] });
    expect(body.messages).toEqual([user, says(text), user]);
    expect(dropped).toEqual(['messages.thinking']);
  });

  const unsealed = (body: object) =>
    codecOf('messages').withoutSealed?.(nativeRequest('messages', JSON.stringify(body)));

  test('can be taken out of a request, whoever made it', () => {
    const found = unsealed({
      model: 'm',
      messages: [user, says(thought, ours), says(thought, text), user],
      thinking: enabled,
    });
    expect(found?.dropped).toEqual(['messages.thinking']);
    expect(found?.request.body).toEqual({
      model: 'm',
      messages: [user, says(text), user],
      thinking: enabled,
    });
  });

  test('is not asked for any more where a tool loop is left without', () => {
    const loop = [user, says(thought, call), result];
    const found = unsealed({ messages: loop, thinking: enabled, context_management: { edits } });
    expect(found?.dropped).toEqual(['messages.thinking', 'thinking']);
    expect(found?.request.body).toEqual({
      messages: [user, says(call), result],
      context_management: { edits: edits.slice(1) },
    });
    expect(parsed(new TextDecoder().decode(found?.request.bytes))).toEqual(found?.request.body);
    // The name of a model may not tell that it is Claude.
    expect(unsealed({ messages: [user, says(call), result], thinking: enabled })?.dropped).toEqual([
      'thinking',
    ]);
    expect(unsealed({ messages: [user, says(text), user], thinking: enabled })).toBeNull();
  });
});
