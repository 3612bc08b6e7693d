import { beforeAll, describe, expect, it } from 'vitest';
import { call, newKey, newWorkspace, send } from '../../support/gateway.ts';

let key = '';
beforeAll(async () => {
  key = (await newKey((await newWorkspace()).id)).key;
});

const messages = [{ role: 'user', content: 'one two three' }];

describe('spike', () => {
  it('replays', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const a = await call('POST', '/v1/chat/completions', { key, body: { model: 'demo-echo', messages }, headers });
    console.log(a.status, [...a.headers], a.body);
    const b = await call('POST', '/v1/chat/completions', { key, body: { model: 'demo-echo', messages }, headers });
    console.log(b.status, [...b.headers], b.body);
    expect(b.body).toEqual(a.body);
    const s = await send('POST', '/v1/chat/completions', { key, body: { model: 'demo-echo', messages, stream: true }, headers: { 'idempotency-key': 'k2' } });
    console.log(s.status, [...s.headers], await s.text());
  });
});
