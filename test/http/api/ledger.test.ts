import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { as, newMember } from '../../support/people.ts';

const bindings = env as unknown as Bindings;

/** A workspace that was granted 10 USD, of which things happened since. */
async function workspace() {
  const { id } = await newWorkspace();
  await workspaceClient(bindings, id).record([
    { id: 'hold:gen_1', kind: 'hold', amount: -2_000_000_000, reference: 'gen_1' },
    { id: 'release:gen_1', kind: 'release', amount: 2_000_000_000, reference: 'gen_1' },
    { id: 'settle:gen_1', kind: 'settle', amount: -123_456_789, reference: 'gen_1' },
    { id: 'top_up:cs_1', kind: 'top_up', amount: 5_000_000_000, reference: 'top_1' },
    { id: 'refund:re_1', kind: 'refund', amount: -1_000_000_000, reference: 'top_1' },
    { id: 'credit_note:inv_1', kind: 'refund', amount: 1, reference: 'inv_1' },
    { id: 'hold:adv_1:1', kind: 'hold', amount: -3, reference: 'adv_1' },
    { id: 'dispute_withdrawn:dp_1', kind: 'adjustment', amount: -7, reference: 'top_1' },
  ]);
  return id;
}

const BALANCE_NANO = 10_000_000_000 - 123_456_789 + 5_000_000_000 - 1_000_000_000 + 1 - 3 - 7;
const ledger = (id: string, query = '', key = OPERATOR) =>
  call('GET', `/api/workspaces/${id}/ledger${query}`, { key });
const sequences = (answer: { body: { data: { sequence: number }[] } }) =>
  answer.body.data.map(({ sequence }) => sequence);

describe('GET /api/workspaces/{id}/ledger', () => {
  it('says what moved the balance, for what and when, to the nano-dollar', async () => {
    const id = await workspace();
    const before = Math.floor(Date.now() / 1000);
    const { status, body } = await ledger(id, '?order=asc');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      balance_usd: BALANCE_NANO / 1e9,
      balance_nano_usd: BALANCE_NANO,
      next_cursor: null,
    });
    const line = ({ sequence: _, created_at, amount_nano_usd, ...entry }: Record<string, unknown>) => {
      expect(Math.abs(Number(created_at) - before)).toBeLessThan(60);
      expect(Number(amount_nano_usd) / 1e9).toBe(entry.amount_usd);
      return Object.values(entry);
    };
    expect(body.data.map(line)).toEqual([
      [`grant:${id}:initial`, 'grant', 10, 'reason', 'Initial credits'],
      ['hold:gen_1', 'hold', -2, 'generation', 'gen_1'],
      ['release:gen_1', 'release', 2, 'generation', 'gen_1'],
      ['settle:gen_1', 'settle', -0.123456789, 'generation', 'gen_1'],
      ['top_up:cs_1', 'top_up', 5, 'top_up', 'top_1'],
      ['refund:re_1', 'refund', -1, 'top_up', 'top_1'],
      ['credit_note:inv_1', 'refund', 1e-9, 'invoice', 'inv_1'],
      ['hold:adv_1:1', 'hold', -3e-9, 'advance', 'adv_1'],
      ['dispute_withdrawn:dp_1', 'adjustment', -7e-9, 'top_up', 'top_1'],
    ]);
  });

  it('is newest first, and read on by sequence from either end', async () => {
    const id = await workspace();
    const first = await ledger(id, '?limit=5');
    expect(sequences(first)).toEqual([9, 8, 7, 6, 5]);
    expect(first.body.next_cursor).toBe('5');
    const second = await ledger(id, `?limit=5&after=${first.body.next_cursor}`);
    expect([sequences(second), second.body.next_cursor]).toEqual([[4, 3, 2, 1], null]);
    const oldest = await ledger(id, '?limit=4&order=asc&after=0');
    expect([sequences(oldest), oldest.body.next_cursor]).toEqual([[1, 2, 3, 4], '4']);
    expect(sequences(await ledger(id, '?order=asc&after=7'))).toEqual([8, 9]);
    const beyond = await ledger(id, '?order=asc&after=9');
    expect([beyond.body.data, beyond.body.balance_nano_usd]).toEqual([[], BALANCE_NANO]);
  });

  it.each([
    ['grant', [1]],
    ['top_up', [5]],
    ['hold', [8, 2]],
    ['release', [3]],
    ['settle', [4]],
    ['refund', [7, 6]],
    ['adjustment', [9]],
  ])('of %s alone has those alone, and the whole balance', async (kind, expected) => {
    const answer = await ledger(await workspace(), `?kind=${kind}`);
    expect(sequences(answer)).toEqual(expected);
    expect(answer.body.balance_nano_usd).toBe(BALANCE_NANO);
  });

  it('reads on within a kind', async () => {
    const id = await workspace();
    const first = await ledger(id, '?kind=refund&limit=1');
    expect([sequences(first), first.body.next_cursor]).toEqual([[7], '7']);
    const rest = await ledger(id, '?kind=refund&limit=1&after=7');
    expect([sequences(rest), rest.body.next_cursor]).toEqual([[6], null]);
  });

  it.each([
    ['?kind=gift', 'kind'],
    ['?after=-1', 'after'],
    ['?after=x', 'after'],
    ['?after=1.5', 'after'],
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?order=up', 'order'],
  ])('refuses %s', async (query, param) => {
    const { id } = await newWorkspace();
    const answer = errorOf(await ledger(id, query));
    expect(answer).toMatchObject({ status: 400, param });
  });

  it('is for those who handle money', async () => {
    const id = await workspace();
    for (const role of ['owner', 'admin', 'billing'] as const) {
      const answer = await as(await newMember(id, role), 'GET', `/api/workspaces/${id}/ledger`);
      expect(answer.body.balance_nano_usd, role).toBe(BALANCE_NANO);
    }
    for (const role of ['developer', 'viewer'] as const) {
      const answer = await as(await newMember(id, role), 'GET', `/api/workspaces/${id}/ledger`);
      expect(errorOf(answer).code, role).toBe('permission_denied');
    }
    const { key } = await newKey((await newWorkspace()).id, 'admin');
    expect(errorOf(await ledger(id, '', key))).toMatchObject({ status: 404, param: 'id' });
  });

  it('says what a request has cost', async () => {
    const { id } = await newWorkspace();
    const { key } = await newKey(id);
    const answer = await call('POST', '/v1/chat/completions', {
      key,
      body: { model: 'demo-echo', messages: [{ role: 'user', content: 'one two three' }], max_tokens: 20 },
    });
    const cost = Number(answer.headers.get('x-credits-used'));
    expect(cost).toBeGreaterThan(0);
    await expect
      .poll(async () => (await ledger(id, '?kind=settle')).body)
      .toMatchObject({
        balance_usd: 10 - cost,
        data: [{ amount_usd: -cost, reference: answer.headers.get('x-generation-id') }],
      });
  });
});

describe('GET /api/workspaces/{id}/ledger.csv', () => {
  it('has the same page with exact decimals, in which nothing is a formula', async () => {
    const { id } = await newWorkspace();
    const reason = '=HYPERLINK("https://evil.example"), twice';
    await call('POST', `/api/workspaces/${id}/credits`, {
      key: OPERATOR,
      body: { amount_usd: 0.000000001, reason, id: 'g' },
    });
    const answer = await call('GET', `/api/workspaces/${id}/ledger.csv?order=asc&after=1`, { key: OPERATOR });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="ledger.csv"');
    const [head, row, ...rest] = String(answer.body).split('\r\n');
    expect(head).toBe('sequence,created,kind,amount_usd,reference_type,reference,id');
    expect(row).toMatch(
      /^2,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z,grant,0\.000000001,reason,"'=HYPERLINK\(""https:\/\/evil\.example""\), twice",grant:ws_\w+:g$/,
    );
    expect(rest).toEqual(['']);
  });
});
