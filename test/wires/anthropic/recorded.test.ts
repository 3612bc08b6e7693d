import { describe, expect, test } from 'vitest';
import { bodyOf, codec, fixture, fixturesWith, list, parse, request, target } from './support.ts';

function encodeRecorded(name: string, change: Record<string, unknown> = {}) {
  const openai = { ...parse(fixture(name, 'openai.json')), ...change };
  const sent = parse(fixture(name, 'request.json'));
  const encoded = codec().encode(request(parse(JSON.stringify(openai))), target(String(sent.model)));
  // Not streaming is said by leaving it out.
  expect(sent.stream).toBe(false);
  delete sent.stream;
  return { sent, got: bodyOf(encoded), encoded };
}

/** Thinking blocks of a recorded request as a client gives them back to us. */
function asDetails(sent: ReturnType<typeof parse>) {
  return list(list(sent.messages)[1]?.content)
    .filter((block) => block.type === 'thinking')
    .map((block, index) => ({
      type: 'reasoning.text',
      text: block.thinking,
      signature: block.signature,
      format: 'anthropic-claude-v1',
      index,
    }));
}

function withDetails(name: string, sent: ReturnType<typeof parse>) {
  const messages = list(parse(fixture(name, 'openai.json')).messages);
  return messages.map((message) =>
    message.role === 'assistant' ? { ...message, reasoning_details: asDetails(sent) } : message,
  );
}

describe('recorded requests', () => {
  test('there are eight', () => {
    expect(fixturesWith('request.json')).toHaveLength(8);
  });

  test.each([
    'anthropic-messages-j-image-url-input-0',
    'anthropic-messages-j-stop-settings-anthropic-0',
    'anthropic-messages-j-tool-choice-matrix-none-with-output-anthropic-0',
  ])('%s is encoded to what was sent', (name) => {
    const { sent, got, encoded } = encodeRecorded(name);
    expect(got).toEqual(sent);
    expect(encoded).toMatchObject({ path: '/messages', dropped: [] });
    expect(encoded).not.toHaveProperty('headers');
  });

  test('the instructions as blocks, the top-level cache mark as it is', () => {
    const name = 'anthropic-messages-j-anthropic-cache-real-api-0';
    // The mark is not in the OpenAI form of the recording.
    const { sent, got } = encodeRecorded(name, { cache_control: { ttl: '5m', type: 'ephemeral' } });
    expect(got).toEqual({ ...sent, system: [{ type: 'text', text: sent.system }] });
  });

  test('neighbouring user messages in one turn, as the API itself combines them', () => {
    const { sent, got } = encodeRecorded(
      'anthropic-messages-j-anthropic-model-retrying-after-empty-response-0',
    );
    const [first, second] = list(sent.messages);
    expect(got).toEqual({
      ...sent,
      messages: [{ role: 'user', content: [...list(first?.content), ...list(second?.content)] }],
    });
  });

  test('thinking goes back with its signature', () => {
    const name = 'anthropic-messages-j-anthropic-thinking-roundtrip-wire-stable-ag-ui-0-1-13-1';
    const recorded = parse(fixture(name, 'request.json'));
    expect(asDetails(recorded)).toHaveLength(1);
    const { sent, got } = encodeRecorded(name, {
      messages: withDetails(name, recorded),
      reasoning: { max_tokens: 1024 },
    });
    expect(got).toEqual(sent);
  });

  test('thinking, its tool call and the result', () => {
    const name = 'anthropic-messages-j-anthropic-tool-with-thinking-1';
    const recorded = parse(fixture(name, 'request.json'));
    const { sent, got } = encodeRecorded(name, {
      messages: withDetails(name, recorded),
      thinking: { type: 'enabled', budget_tokens: 3000 },
    });
    // The recording client wrote the defaults out: an empty description and `is_error: false`.
    const [question, call, answer] = list(sent.messages);
    const [result] = list(answer?.content);
    const { is_error: _, ...plain } = result ?? {};
    const [tool] = list(sent.tools);
    const { description: __, ...bare } = tool ?? {};
    expect(got).toEqual({
      ...sent,
      messages: [question, call, { role: 'user', content: [plain] }],
      tools: [bare],
    });
  });

  test('an effort that the model refuses is sent as asked', () => {
    const name = 'anthropic-err400-anthropic-explicit-effort-xhigh-unsupported-model-errors-0';
    const { sent, got } = encodeRecorded(name, { output_config: { effort: 'xhigh' } });
    expect(got).toEqual(sent);
  });
});
