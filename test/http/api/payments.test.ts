import { afterEach, describe, expect, it, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import type { Env } from '../../../src/env.ts';
import { ask, deliver, eventOf, fakeStripe, paying } from '../../billing/payments/fake-stripe.ts';
import { newKey } from '../../support/gateway.ts';
import { as, browser, newMember, newTeam, type SignedUp } from '../../support/people.ts';

afterEach(() => vi.restoreAllMocks());

/** A request of a person to the deployment that takes payments. */
async function asked(person: SignedUp, method: string, path: string, body?: unknown) {
  const response = await ask(method, path, body === undefined ? undefined : JSON.stringify(body), {
    ...browser(person.cookie),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  return { status: response.status, body: (await response.json()) as any };
}

describe('top-ups', () => {
  it('are begun by who handles money, and seen by all of the workspace', async () => {
    fakeStripe();
    const { id, owner } = await newTeam();
    const treasurer = await newMember(id, 'billing');
    const made = await asked(treasurer, 'POST', `/api/workspaces/${id}/top-ups`, { amount_usd: 25 });
    expect(made).toEqual({
      status: 201,
      body: {
        id: expect.stringMatching(/^top_/),
        workspace: id,
        amount_usd: 25,
        status: 'open',
        kind: 'checkout',
        failure: null,
        refunded_usd: 0,
        created_by: treasurer.id,
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        url: expect.stringMatching(/^https:\/\/checkout\.stripe\.com\//),
      },
    });
    await deliver(
      eventOf('checkout.session.completed', {
        id: made.body.url.split('/').at(-1),
        payment_status: 'paid',
        payment_intent: 'pi_http',
        amount_total: 2500,
        currency: 'usd',
        metadata: { top_up: made.body.id },
      }),
    );
    const { url: _, ...topUp } = made.body;
    const list = await as(owner, 'GET', `/api/workspaces/${id}/top-ups`);
    expect(list.body).toEqual({
      data: [{ ...topUp, status: 'paid', updated_at: expect.any(Number) }],
      next_cursor: null,
    });
    expect((await as(owner, 'GET', `/api/workspaces/${id}`)).body.credits).toBe(35);
  });

  it('return people to our own pages', async () => {
    const stripe = fakeStripe();
    const { id, owner } = await newTeam();
    await asked(owner, 'POST', `/api/workspaces/${id}/top-ups`, { amount_usd: 5 });
    expect(stripe.asked.at(-1)?.params).toMatchObject({
      success_url: 'http://interline.test/api/payments/return?outcome=paid',
      cancel_url: 'http://interline.test/api/payments/return?outcome=cancelled',
    });
  });

  it('return people to the address that they use, where the Worker sees another', async () => {
    const stripe = fakeStripe();
    const { id, owner } = await newTeam();
    const behind = { ...(paying as object), PUBLIC_URL: 'http://ai.example.com/' } as unknown as Env;
    const response = await app.fetch(
      new Request(`http://interline.test/api/workspaces/${id}/top-ups`, {
        method: 'POST',
        headers: {
          ...browser(owner.cookie),
          origin: 'http://ai.example.com',
          'content-type': 'application/json',
        },
        body: '{"amount_usd":5}',
      }),
      behind,
      { waitUntil: () => {}, passThroughOnException: () => {} } as never,
    );
    expect(response.status, await response.text()).toBe(201);
    expect(stripe.asked.at(-1)?.params.success_url).toBe(
      'http://ai.example.com/api/payments/return?outcome=paid',
    );
  });

  it.each([
    [{}, 'missing_parameter', 'amount_usd'],
    [{ amount_usd: '5' }, 'invalid_type', 'amount_usd'],
    [{ amount_usd: null }, 'invalid_type', 'amount_usd'],
    [{ amount_usd: -5 }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 0 }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 5.001 }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 1e15 }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 5, url: 'x' }, 'unsupported_parameter', 'url'],
    [[], 'invalid_type', null],
  ])('refuse %j, and ask nobody', async (body, code, param) => {
    const stripe = fakeStripe();
    const { id, owner } = await newTeam();
    const answer = await asked(owner, 'POST', `/api/workspaces/${id}/top-ups`, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code, param } } });
    expect(stripe.asked).toEqual([]);
  });

  it('of others are not there', async () => {
    fakeStripe();
    const [mine, theirs] = [await newTeam(), await newTeam()];
    const setting = { below_usd: 5, amount_usd: 5 };
    for (const [method, path, body] of [
      ['POST', 'top-ups', { amount_usd: 5 }],
      ['GET', 'top-ups'],
      ['PUT', 'auto-top-up', setting],
      ['GET', 'auto-top-up'],
    ] as const) {
      const answer = await asked(mine.owner, method, `/api/workspaces/${theirs.id}/${path}`, body);
      expect(answer, path).toMatchObject({
        status: 404,
        body: { error: { code: 'not_found', param: 'id' } },
      });
    }
  });

  it('are not taken where the deployment has no key of a payment provider, and the answer says so', async () => {
    const { id, owner } = await newTeam();
    for (const [method, path, body] of [
      ['POST', 'top-ups', { amount_usd: 5 }],
      ['PUT', 'auto-top-up', { below_usd: 5, amount_usd: 5 }],
    ] as const) {
      const answer = await as(owner, method, `/api/workspaces/${id}/${path}`, { body });
      expect(answer).toMatchObject({ status: 503, body: { error: { code: 'payments_unavailable' } } });
      expect(answer.body.error.message).toContain('operator grants credits');
    }
    expect((await as(owner, 'GET', `/api/workspaces/${id}/top-ups`)).body.data).toEqual([]);
  });
});

describe('automatic top-ups', () => {
  it('are set with a saved card, read and turned off', async () => {
    fakeStripe();
    const { id, owner } = await newTeam();
    const path = `/api/workspaces/${id}/auto-top-up`;
    const setting = { below_usd: 5, amount_usd: 20 };
    expect(await asked(owner, 'PUT', path, setting)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
    await asked(owner, 'POST', `/api/workspaces/${id}/top-ups`, { amount_usd: 5 });
    const expected = { status: 200, body: { ...setting, failure: null } };
    expect(await asked(owner, 'PUT', path, setting)).toEqual(expected);
    expect(await asked(owner, 'GET', path)).toEqual(expected);
    expect(await asked(owner, 'PUT', path, null)).toEqual({ status: 200, body: null });
    expect(await asked(owner, 'GET', path)).toEqual({ status: 200, body: null });
    const { key } = await newKey(id, 'admin');
    const audit = await ask('GET', '/api/audit', undefined, { authorization: `Bearer ${key}` });
    const { data } = (await audit.json()) as { data: { action: string; before: unknown; after: unknown }[] };
    const writes = data.filter(({ action }) => action === 'auto_top_up.write');
    expect(writes.map(({ before, after }) => [before, after])).toEqual([
      [setting, null],
      [null, setting],
    ]);
  });

  it.each([
    [{ below_usd: 5 }, 'missing_parameter', 'amount_usd'],
    [{ below_usd: '5', amount_usd: 5 }, 'invalid_type', 'below_usd'],
    [{ below_usd: -5, amount_usd: 5 }, 'invalid_value', 'below_usd'],
    [{ below_usd: 5, amount_usd: 0 }, 'invalid_value', 'amount_usd'],
    [{ below_usd: 5, amount_usd: 5, card: 'x' }, 'unsupported_parameter', 'card'],
  ])('refuse %j', async (body, code, param) => {
    fakeStripe();
    const { id, owner } = await newTeam();
    const answer = await asked(owner, 'PUT', `/api/workspaces/${id}/auto-top-up`, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code, param } } });
    const row = await paying.DB.prepare('SELECT auto_top_up FROM workspaces WHERE id = ?').bind(id).first();
    expect(row).toEqual({ auto_top_up: null });
  });
});
