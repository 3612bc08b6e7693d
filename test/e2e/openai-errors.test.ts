import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, joined, streamText } from '../support/node/answers.ts';
import { WIRES, type WireName } from '../support/node/fixtures.ts';
import { answer, stream } from '../support/node/scripts.ts';
import { modelId, startWorld, type World } from '../support/node/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }];

/** The error with which a promise rejects. */
async function errorOf(promise: PromiseLike<unknown>): Promise<APIError> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof APIError)) throw new Error(`Not an error of the API: ${String(thrown)}`);
  return thrown;
}

test("the gateway's own errors have the SDK's classes, codes, parameters and request ids", async () => {
  const { client, gateway } = world;
  const create = (body: object): Promise<APIError> =>
    errorOf(client.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming));

  const missing = await create({ model: modelId('openai') });
  expect(missing).toBeInstanceOf(OpenAI.BadRequestError);
  expect(missing).toMatchObject({ code: 'missing_parameter', param: 'messages' });
  expect(missing).toMatchObject({ type: 'invalid_request_error', requestID: expect.stringMatching(/^req_/) });

  const unknown = await create({ model: modelId('opnai'), messages });
  expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
  expect(unknown).toMatchObject({ code: 'model_not_found', param: 'model' });
  expect(unknown.message).toContain(modelId('openai'));

  const wrong = await create({ model: modelId('openai'), messages, n: 'two' });
  expect(wrong).toBeInstanceOf(OpenAI.BadRequestError);
  expect(wrong).toMatchObject({ code: 'invalid_type', param: 'n' });

  const stranger = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: 'inf_wrong', maxRetries: 0 });
  const refused = await errorOf(stranger.models.list());
  expect(refused).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(refused).toMatchObject({ code: 'invalid_api_key', type: 'authentication_error' });

  const { key } = await world.api<{ key: string }>('POST', '/api/keys', {
    name: 'reader',
    workspace: world.workspace,
    role: 'read',
  });
  const reader = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: key, maxRetries: 0 });
  const forbidden = await errorOf(reader.chat.completions.create({ model: modelId('openai'), messages }));
  expect(forbidden).toBeInstanceOf(OpenAI.PermissionDeniedError);
  expect(forbidden.code).toBe('permission_denied');
  expect(world.upstream.received('openai')).toEqual([]);
});

/** One refusal of each kind, as each provider documents it. */
const REFUSALS: Record<WireName, (kind: string, message: string) => object> = {
  openai: (kind, message) => ({ error: { message, type: kind, code: null, param: null } }),
  anthropic: (kind, message) => ({ type: 'error', error: { type: kind, message }, request_id: 'req_up' }),
  google: (kind, message) => ({ error: { code: 400, message, status: kind } }),
  // The kind is said in a header.
  bedrock: (_, message) => ({ message }),
};
const KINDS: Record<WireName, { bad: string; auth: string; limit: string }> = {
  openai: { bad: 'invalid_request_error', auth: 'authentication_error', limit: 'requests' },
  anthropic: { bad: 'invalid_request_error', auth: 'authentication_error', limit: 'rate_limit_error' },
  google: { bad: 'INVALID_ARGUMENT', auth: 'UNAUTHENTICATED', limit: 'RESOURCE_EXHAUSTED' },
  bedrock: { bad: 'ValidationException', auth: 'UnrecognizedClientException', limit: 'ThrottlingException' },
};

test.each(WIRES)("a provider's refusals through the %s wire", async (wire) => {
  const refuse = (status: number, kind: string, message: string, headers = {}): Promise<APIError> => {
    const said = wire === 'bedrock' ? { ...headers, 'x-amzn-errortype': kind } : headers;
    world.upstream.script(wire, answer(REFUSALS[wire](kind, message), status, said));
    // A provider that says when it is back is not waited for.
    const body = { model: modelId(wire), messages, stream: true as const, policy: { max_attempts: 1 } };
    return errorOf(world.client.chat.completions.create(body));
  };
  const kinds = KINDS[wire];

  const bad = await refuse(400, kinds.bad, 'temperature: must be at most 2');
  expect(bad).toBeInstanceOf(OpenAI.BadRequestError);
  expect(bad.code).toBe('upstream_invalid_request');
  expect(bad.message).toContain('temperature: must be at most 2');
  expect(world.upstream.received(wire)).toHaveLength(1);

  // Not the caller's key is wrong: a 401 would make it look so, and the words may show the provider's key.
  const auth = await refuse(401, kinds.auth, 'Incorrect API key provided: sk-proj-***zzz');
  expect(auth).toBeInstanceOf(OpenAI.InternalServerError);
  expect(auth).toMatchObject({ status: 502, code: 'upstream_credentials_rejected', type: 'upstream_error' });
  expect(JSON.stringify(auth)).not.toContain('zzz');

  const limit = await refuse(429, kinds.limit, 'Slow down', { 'retry-after': '7' });
  expect(limit).toBeInstanceOf(OpenAI.RateLimitError);
  expect(limit).toMatchObject({ code: 'upstream_rate_limited' });
  expect(limit.headers?.get('retry-after')).toBe('7');

  const broken = await refuse(503, 'x', 'Down');
  expect(broken).toMatchObject({ status: 503, code: 'upstream_overloaded' });

  world.upstream.script(wire, answer('<html>Bad gateway</html>', 502));
  const html = await errorOf(world.client.chat.completions.create({ model: modelId(wire), messages }));
  expect(html).toMatchObject({ status: 502, code: 'upstream_error' });
});

test.each(WIRES)('an error in the middle of a stream of the %s wire is thrown by the SDK', async (wire) => {
  const { head } = ANSWERS[wire].stream({ text: ['Half ', 'a sentence'] });
  world.upstream.script(wire, stream(joined(head)));
  let text = '';
  const reading = (async () => {
    const chunks = await world.client.chat.completions.create({
      model: modelId(wire),
      messages,
      stream: true,
    });
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
  })();
  const error = await errorOf(reading);
  expect(text).toBe('Half a sentence');
  expect(error).toMatchObject({ code: 'upstream_incomplete', type: 'upstream_error' });
});

test("the SDK's own repetition gets through an overload", async () => {
  let calls = 0;
  world.upstream.script('openai', (response, request) =>
    (++calls === 1
      ? answer({ error: { message: 'Busy' } }, 503)
      : stream(streamText('openai', { text: ['Here.'] })))(response, request),
  );
  const client = world.client.withOptions({ maxRetries: 1 });
  const answered = client.chat.completions.stream({ model: modelId('openai'), messages });
  expect(await answered.finalContent()).toBe('Here.');
  expect(calls).toBe(2);
});
