import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ErrorCode, GatewayError } from '../../../src/errors.ts';
import { ownRequest } from '../../../src/gateway/attempt/own-request.ts';
import { Pursuit } from '../../../src/gateway/attempt/pursuit.ts';
import type { ServedStream, ServedWhole } from '../../../src/gateway/attempt/served.ts';
import { observeStream, observeWhole } from '../../../src/gateway/learning/observe.ts';
import { usage } from '../../support/usage.ts';
import {
  callOf,
  candidate,
  FakeHealth,
  inTime,
  late,
  newTrail,
  planOf,
  providers,
  streams,
  whole,
} from '../attempt/support.ts';

const A = candidate('v/a@one');
const NOTHING = { toolCalls: null, structured: null };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** An answer that took a second, or whose first word did. */
async function served(stream: boolean, script = stream ? streams('Yes') : whole('Yes')) {
  providers({ one: [late(1_000, script)] });
  const health = new FakeHealth();
  const call = callOf({ stream }, health);
  const pursuit = new Pursuit(call, planOf([A]), newTrail());
  const answer = await inTime(pursuit.find(ownRequest(call.request)));
  return { call, health, answer };
}

describe('a whole answer', () => {
  it('tells how long it took, and how many tokens its bytes were', async () => {
    const { call, health, answer } = await served(false);
    observeWhole(call, answer as ServedWhole);
    expect(health.observed).toEqual([
      {
        endpoint: 'v/a@one',
        model: 'v/a',
        startedAt: Date.now() - 1_000,
        at: Date.now(),
        outcome: 'ok',
        answerMs: 1_000,
        inputBytes: call.request.bytes.byteLength,
        inputTokens: 3,
      },
    ]);
  });

  it.each([
    ['{"a":1}', 'valid'],
    ['', 'valid'],
    ['{"a":', 'invalid'],
    [undefined, 'invalid'],
  ])('tells whether the arguments %j of a tool call are JSON: %s', async (args, told) => {
    const message = {
      role: 'assistant',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
    };
    const { call, health, answer } = await served(false);
    const text = JSON.stringify({ choices: [{ index: 0, message }] });
    const whole = answer as ServedWhole;
    observeWhole(call, { ...whole, answer: { ...whole.answer, text, usage: null } });
    expect(health.observed[0]?.toolCalls).toBe(told);
    expect(health.observed[0]).not.toHaveProperty('inputTokens');
  });

  it('without tool calls tells nothing of them, whatever its text says', async () => {
    const { call, health, answer } = await served(false, whole('"tool_calls"'));
    observeWhole(call, answer as ServedWhole);
    expect(health.observed[0]).not.toHaveProperty('toolCalls');
  });
});

describe('a stream', () => {
  const USAGE = usage({ inputTokens: 7, outputTokens: 40 });

  it('tells when its first word came, and how fast it was', async () => {
    const { call, health, answer } = await served(true);
    const stream = answer as ServedStream;
    vi.advanceTimersByTime(2_000);
    observeStream(call, stream, { ...stream.stream.decoder.state, usage: USAGE }, NOTHING, null);
    expect(health.observed).toEqual([
      {
        endpoint: 'v/a@one',
        model: 'v/a',
        startedAt: Date.now() - 3_000,
        at: Date.now(),
        outcome: 'ok',
        ttftMs: 1_000,
        outputTokens: 40,
        streamMs: 2_000,
        inputBytes: call.request.bytes.byteLength,
        inputTokens: 7,
      },
    ]);
  });

  it.each<[ErrorCode, string]>([
    ['upstream_incomplete', 'cut'],
    ['upstream_unreachable', 'cut'],
    ['upstream_overloaded', 'cut'],
    ['upstream_timeout', 'stall'],
    // Not the endpoint's fault.
    ['client_closed_request', 'ok'],
    ['content_filter', 'ok'],
    ['upstream_rate_limited', 'ok'],
  ])('that ended with %s is: %s', async (code, outcome) => {
    const { call, health, answer } = await served(true);
    const stream = answer as ServedStream;
    observeStream(
      call,
      stream,
      { ...stream.stream.decoder.state, usage: USAGE },
      NOTHING,
      new GatewayError(code),
    );
    expect(health.observed).toMatchObject([{ outcome, ttftMs: 1_000 }]);
    // Half of an answer says nothing of tokens per byte.
    expect(health.observed[0]).not.toHaveProperty('inputTokens');
  });
});
