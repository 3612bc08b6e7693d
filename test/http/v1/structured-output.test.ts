import { beforeAll, describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';

const schema = {
  type: 'object',
  properties: { city: { type: 'string', pattern: '^\\w' }, population: { type: 'integer', minimum: 1 } },
  required: ['city', 'population'],
  additionalProperties: false,
};
const format = (more: object = {}) => ({
  type: 'json_schema',
  json_schema: { name: 'city', strict: true, schema, ...more },
});
const messages = [{ role: 'user', content: 'Name a city.' }];

let workspace = '';
let key = '';
beforeAll(async () => {
  workspace = (await newWorkspace()).id;
  key = (await newKey(workspace)).key;
});

const chat = (body: object, headers: Record<string, string> = {}) =>
  call('POST', '/v1/chat/completions', { key, body: { messages, ...body }, headers });
const receiptOf = async (id: string | null) => (await call('GET', `/v1/generations/${id}`, { key })).body;

/** Header, content and receipt of an answer. */
async function verdict(body: object, headers: Record<string, string> = {}) {
  const answer = await chat({ response_format: format(), ...body }, headers);
  expect(answer.status).toBe(200);
  const receipt = await receiptOf(answer.body.id);
  const content = answer.body.choices[0].message.content as string;
  return { answer, header: answer.headers.get('x-structured-output'), content, receipt };
}

/** The data of a stream's last event but [DONE], and the headers. */
async function streamed(path: string, body: object) {
  const response = await send('POST', path, { key, body: { ...body, stream: true } });
  expect(response.status).toBe(200);
  const events = (await response.text())
    .split('\n\n')
    .flatMap((event) => /^data: (\{.*\})$/m.exec(event)?.[1] ?? [])
    .map((data) => JSON.parse(data));
  return { header: response.headers.get('x-structured-output'), events, last: events.at(-1) };
}

describe('an answer that is to be JSON', () => {
  it('is enforced where a probe has seen that the endpoint constrains decoding', async () => {
    const { header, receipt, content } = await verdict({ model: 'demo-json' });
    expect(header).toBe('enforced');
    expect(receipt.structured_output).toEqual({ verdict: 'enforced', reason: null });
    expect(JSON.parse(content)).toMatchObject({ city: expect.any(String) });
  });

  it('is but validated where the request does not say strict', async () => {
    const { header } = await verdict({ model: 'demo-json', response_format: format({ strict: false }) });
    expect(header).toBe('validated');
  });

  it('is failed, and as it came, where it does not fit', async () => {
    const { header, receipt, content } = await verdict({ model: 'demo-sloppy' });
    expect(header).toBe('failed');
    expect(content).toBe('{"note":"Somebody said: Name a city."}');
    expect(receipt.structured_output).toEqual({ verdict: 'failed', reason: 'invalid' });
    expect(receipt.attempts).toHaveLength(1);
  });

  it('is validated where it fits without anybody holding it to that', async () => {
    const response_format = format({ schema: { type: 'object', required: ['note'] } });
    expect((await verdict({ model: 'demo-sloppy', response_format })).header).toBe('validated');
  });

  it('is failed where it was cut off', async () => {
    const { header, receipt, answer } = await verdict({ model: 'demo-json', max_tokens: 3 });
    expect(answer.body.choices[0].finish_reason).toBe('length');
    expect(header).toBe('failed');
    expect(receipt.structured_output).toEqual({ verdict: 'failed', reason: 'cut_off' });
  });

  it('is unchecked where its schema cannot be held against anything', async () => {
    const response_format = format({ schema: { $ref: 'https://example.com/schema.json' } });
    const { header, receipt } = await verdict({ model: 'demo-sloppy', response_format });
    expect(header).toBe('unchecked');
    expect(receipt.structured_output).toEqual({ verdict: 'unchecked', reason: 'unresolved_reference' });
  });

  it.each<[string, string, object]>([
    ['unresolved_reference', 'demo-json', { properties: { city: { $ref: '#/$defs/none' } } }],
    ['pattern', 'demo-json', { properties: { city: { type: 'string', pattern: '^(?:(a)\\1|)' } } }],
    ['schema_invalid', 'demo-json', { type: 'zzz' }],
    ['schema_invalid', 'demo-sloppy', { type: 'zzz' }],
    ['schema_invalid', 'demo-sloppy', { required: 'a' }],
  ])('is unchecked for its %s, whoever answers (%s)', async (reason, model, more) => {
    const wanted = { type: 'object', required: ['city'], ...more };
    const response_format = format({ schema: model === 'demo-json' ? wanted : more });
    const whole = await verdict({ model, response_format });
    expect(whole.receipt.structured_output).toEqual({ verdict: 'unchecked', reason });
    expect(whole.header).toBe('unchecked');
    const { header, last } = await streamed('/v1/chat/completions', { model, messages, response_format });
    expect([header, last.structured_output]).toEqual([null, 'unchecked']);
  });

  it('is any object where a schema is left out', async () => {
    const response_format = format({ schema: undefined });
    expect((await verdict({ model: 'demo-json', response_format })).header).toBe('validated');
    expect((await verdict({ model: 'demo-echo', response_format })).header).toBe('failed');
  });

  it('is taken out of its block of code, and nothing is charged for that', async () => {
    const content = '```json\n{"city":"Ghent","population":265086}\n```';
    const body = { model: 'demo-echo', messages: [{ role: 'user', content }] };
    const mended = await verdict(body);
    expect(mended.header).toBe('repaired');
    expect(mended.content).toBe('{"city":"Ghent","population":265086}');
    expect(mended.receipt.structured_output).toEqual({ verdict: 'repaired', reason: 'unwrapped' });
    expect(mended.receipt.attempts).toHaveLength(1);

    const left = await verdict({ ...body, repair: 'none' });
    expect(left.header).toBe('failed');
    expect(left.content).toBe(content);
    expect(left.receipt.credits_used).toBe(mended.receipt.credits_used);
  });

  it('has no verdict where it was not asked for, or where tools are called', async () => {
    const plain = await chat({ model: 'demo-json' });
    expect(plain.headers.has('x-structured-output')).toBe(false);
    expect((await receiptOf(plain.body.id)).structured_output).toBeNull();
    const text = await chat({ model: 'demo-json', response_format: { type: 'text' } });
    expect(text.headers.has('x-structured-output')).toBe(false);
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
    const calling = await chat({ model: 'demo-tools', tools, response_format: format() });
    expect(calling.body.choices[0].finish_reason).toBe('tool_calls');
    expect(calling.headers.has('x-structured-output')).toBe(false);
  });

  it('need only be an object where there is no schema', async () => {
    const response_format = { type: 'json_object' };
    expect((await verdict({ model: 'demo-json', response_format })).header).toBe('enforced');
    expect((await verdict({ model: 'demo-sloppy', response_format })).header).toBe('validated');
    expect((await verdict({ model: 'demo-echo', response_format })).header).toBe('failed');
  });

  it('is judged by all its choices', async () => {
    expect((await verdict({ model: 'demo-json', n: 3 })).header).toBe('enforced');
    expect((await verdict({ model: 'demo-sloppy', n: 3, repair: 'ask' })).receipt.attempts).toHaveLength(1);
  });
});

describe('repair: "ask"', () => {
  it('asks once more with what is wrong, and both answers are paid and on the receipt', async () => {
    const { header, content, answer, receipt } = await verdict({ model: 'demo-sloppy', repair: 'ask' });
    expect(header).toBe('repaired');
    expect(JSON.parse(content)).toMatchObject({ city: expect.any(String), population: expect.any(Number) });
    expect(receipt.structured_output).toEqual({ verdict: 'repaired', reason: 'asked_again' });
    expect(receipt.attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['served', 'served']);

    const [first, second] = receipt.parts;
    expect(receipt.parts).toHaveLength(2);
    expect(second.usage.inputTokens).toBeGreaterThan(first.usage.inputTokens);
    expect(receipt.usage.outputTokens).toBe(first.usage.outputTokens + second.usage.outputTokens);
    expect(receipt.credits_used).toBeCloseTo(first.credits_used + second.credits_used, 12);
    expect(Number(answer.headers.get('x-credits-used'))).toBe(receipt.credits_used);
    expect(answer.body.usage.prompt_tokens).toBe(first.usage.inputTokens + second.usage.inputTokens);
  });

  it('is a header, a field of a policy, and a rule of a workflow', async () => {
    const model = 'demo-sloppy';
    expect((await verdict({ model }, { 'x-repair': 'ask' })).header).toBe('repaired');
    expect((await verdict({ model, policy: { repair: 'ask' } })).header).toBe('repaired');
    const set = await call('PUT', '/api/workflows/extract', {
      key: OPERATOR,
      body: { policy: { repair: 'ask' }, workspace },
    });
    expect(set.status).toBeLessThan(300);
    const { key: own } = await newKey(workspace);
    const body = { model, messages, response_format: format(), workflow: 'extract' };
    const answer = await call('POST', '/v1/chat/completions', { key: own, body });
    expect(answer.headers.get('x-structured-output')).toBe('repaired');
  });

  it('leaves the first answer where the second is no better, and both are paid', async () => {
    // Nothing fits this one.
    const response_format = format({
      schema: { ...schema, properties: { ...schema.properties, city: false } },
    });
    const { header, content, receipt } = await verdict({
      model: 'demo-sloppy',
      repair: 'ask',
      response_format,
    });
    expect(header).toBe('failed');
    expect(content).toBe('{"note":"Somebody said: Name a city."}');
    expect(receipt.parts).toHaveLength(2);
    expect(receipt.structured_output).toEqual({ verdict: 'failed', reason: 'invalid' });
  });

  it.each([
    ['may not be tried again', { policy: { repair: 'ask', max_attempts: 1 } }],
    ['costs more than it may', { policy: { repair: 'ask', max_cost_usd: 0.000035 } }],
    ['was cut off', { repair: 'ask', max_tokens: 3 }],
  ])('does not ask where it %s', async (_, more) => {
    const { header, receipt } = await verdict({ model: 'demo-sloppy', ...more });
    expect(header).toBe('failed');
    expect(receipt.attempts).toHaveLength(1);
    expect(receipt.parts).toEqual([]);
  });

  it('stays within max_cost_usd where there is enough for both', async () => {
    const { header, receipt } = await verdict({
      model: 'demo-sloppy',
      policy: { repair: 'ask', max_cost_usd: 0.001 },
    });
    expect(header).toBe('repaired');
    expect(receipt.credits_used).toBeLessThan(0.001);
  });

  it('is refused by name when it is none of the words', async () => {
    const body = await chat({ model: 'demo-json', repair: true });
    expect(errorOf(body)).toMatchObject({ status: 400, param: 'repair' });
    expect(errorOf(await chat({ model: 'demo-json' }, { 'x-repair': 'twice' }))).toMatchObject({
      status: 400,
      param: 'x-repair',
    });
  });
});

describe('a stream that is to be JSON', () => {
  it.each([
    ['demo-json', 'enforced', 'enforced'],
    ['demo-sloppy', null, 'failed'],
  ])(
    'of %s says it in its headers where it is known then, and in its last chunk',
    async (model, before, after) => {
      const body = { model, messages, response_format: format() };
      const { header, last, events } = await streamed('/v1/chat/completions', body);
      expect(header).toBe(before);
      expect(last).toMatchObject({ structured_output: after, credits_used: expect.any(Number) });
      expect((await receiptOf(events[0].id)).structured_output.verdict).toBe(after);
    },
  );

  it('is validated, and failed where it was cut off in spite of all', async () => {
    const loose = { model: 'demo-json', messages, response_format: format({ strict: false }) };
    expect((await streamed('/v1/chat/completions', loose)).last.structured_output).toBe('validated');
    const cut = { model: 'demo-json', messages, response_format: format(), max_tokens: 3 };
    const { header, last } = await streamed('/v1/chat/completions', cut);
    expect([header, last.structured_output]).toEqual(['enforced', 'failed']);
  });

  it('is judged by all its choices', async () => {
    const body = { messages, response_format: format(), n: 2 };
    const good = await streamed('/v1/chat/completions', { ...body, model: 'demo-json' });
    const bad = await streamed('/v1/chat/completions', { ...body, model: 'demo-sloppy' });
    expect([good.last.structured_output, bad.last.structured_output]).toEqual(['enforced', 'failed']);
  });

  it('says nothing where nothing was asked', async () => {
    const { header, last } = await streamed('/v1/chat/completions', { model: 'demo-json', messages });
    expect(header).toBeNull();
    expect(last).not.toHaveProperty('structured_output');
  });
});

describe.each([
  [
    '/v1/responses',
    { input: 'Name a city.', text: { format: { type: 'json_schema', name: 'city', strict: true, schema } } },
  ],
  ['/v1/messages', { max_tokens: 500, messages, output_config: { format: { type: 'json_schema', schema } } }],
])('%s', (path, body) => {
  it('has the verdict in the header of a whole answer, repaired too', async () => {
    const plain = await call('POST', path, { key, body: { model: 'demo-sloppy', ...body } });
    expect(plain.status).toBe(200);
    expect(plain.headers.get('x-structured-output')).toBe('failed');
    const mended = await call('POST', path, { key, body: { model: 'demo-sloppy', ...body, repair: 'ask' } });
    expect(mended.headers.get('x-structured-output')).toBe('repaired');
    expect(JSON.stringify(mended.body)).toContain('population');
    const enforced = await call('POST', path, { key, body: { model: 'demo-json', ...body } });
    expect(enforced.headers.get('x-structured-output')).toMatch(/^(enforced|validated)$/);
  });

  it('has it at the end of a stream', async () => {
    const { events } = await streamed(path, { model: 'demo-sloppy', ...body });
    const said = events.flatMap(
      (event) => event.structured_output ?? event.response?.structured_output ?? [],
    );
    expect(said).toEqual(['failed']);
  });
});

describe('what is no schema is refused by name', () => {
  it.each<[string, object, string, string]>([
    [
      '/v1/chat/completions',
      { messages, response_format: { type: 'json_schema' } },
      'missing_parameter',
      'response_format.json_schema',
    ],
    [
      '/v1/chat/completions',
      { messages, response_format: format({ schema: 'nope' }) },
      'invalid_type',
      'response_format.json_schema.schema',
    ],
    [
      '/v1/completions',
      { prompt: 'hi', response_format: format({ schema: 'nope' }) },
      'invalid_type',
      'response_format.json_schema.schema',
    ],
    [
      '/v1/responses',
      { input: 'hi', text: { format: { type: 'json_schema', name: 'n', schema: 'nope' } } },
      'invalid_type',
      'text.format.schema',
    ],
    [
      '/v1/messages',
      { max_tokens: 9, messages, output_config: { format: { type: 'json_schema', schema: 'nope' } } },
      'invalid_type',
      'output_config.format.schema',
    ],
  ])('%s %j', async (path, body, code, param) => {
    const answer = await call('POST', path, { key, body: { model: 'demo-json', ...body } });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code, param });
  });
});
