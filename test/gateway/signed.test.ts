import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { awsSignature } from '../support/aws-signature.ts';
import { call, newKey, newWorkspace, OPERATOR, send } from '../support/gateway.ts';
import { event } from '../wires/bedrock/support.ts';

const ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const HOST = 'signed.us-east-1.example';
const MODEL = 'signed/nova';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
  const provider = { base_url: `https://${HOST}`, wire: 'bedrock', secret: `${ID}:${SECRET}` };
  const put = await call('PUT', '/api/providers/signed', { key: OPERATOR, body: provider });
  expect(put.status).toBe(200);
  const endpoint = { provider: 'signed', upstream_model: 'us.amazon.nova-micro-v1:0', price: null };
  const body = { kind: 'chat', endpoints: [endpoint] };
  const path = `/api/models/${encodeURIComponent(MODEL)}`;
  expect((await call('PUT', path, { key: OPERATOR, body })).status).toBe(200);
});
afterEach(() => vi.unstubAllGlobals());

const USAGE = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const WHOLE = {
  output: { message: { role: 'assistant', content: [{ text: 'Grüezi' }] } },
  stopReason: 'end_turn',
  usage: USAGE,
};
const STREAM = [
  event('messageStart', { role: 'assistant' }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Grüezi' } }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', { usage: USAGE, metrics: { latencyMs: 1 } }),
];

/** Checks signatures as AWS does: a request that is not signed for what arrives is refused. */
function checkingHost(): { authorizations: string[] } {
  const authorizations: string[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const request = new Request(url, init);
    const authorization = request.headers.get('authorization') ?? '';
    authorizations.push(authorization);
    const date = request.headers.get('x-amz-date') ?? '';
    const expected = await awsSignature({
      url: request.url,
      body: await request.text(),
      region: 'us-east-1',
      key: SECRET,
      headers: [
        ['host', new URL(request.url).host],
        ['x-amz-date', date],
      ],
    });
    if (!authorization.endsWith(`Signature=${expected}`)) {
      const headers = { 'x-amzn-errortype': 'InvalidSignatureException' };
      return Response.json({ message: 'The signature does not match.' }, { status: 403, headers });
    }
    return url.endsWith('/converse-stream') ? new Response(new Blob(STREAM)) : Response.json(WHOLE);
  });
  return { authorizations };
}

describe('a pair of AWS keys', () => {
  const messages = [{ role: 'user', content: 'Wie geht’s? 🏔' }];
  it.each([
    ['/v1/chat/completions', { messages }],
    ['/v1/messages', { messages, max_tokens: 10 }],
    ['/v1/responses', { input: 'Wie geht’s? 🏔', store: false }],
  ])('signs what is sent for %s, whole and streamed, and is not sent itself', async (path, more) => {
    const host = checkingHost();
    for (const stream of [false, true]) {
      const response = await send('POST', path, { key, body: { model: MODEL, ...more, stream } });
      expect(await response.text()).toContain('Grüezi');
      expect(response.status).toBe(200);
    }
    const credential = expect.stringMatching(
      new RegExp(`^AWS4-HMAC-SHA256 Credential=${ID}/\\d{8}/us-east-1/bedrock/aws4_request, `),
    );
    expect(host.authorizations).toEqual([credential, credential]);
    expect(host.authorizations.join()).not.toContain(SECRET);
  });
});
