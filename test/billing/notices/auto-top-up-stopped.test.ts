import { afterEach, describe, expect, it, vi } from 'vitest';
import { sendNotices } from '../../../src/billing/notices/send.ts';
import { considerAutoTopUp } from '../../../src/billing/payments/consider-auto-top-up.ts';
import { createTopUp } from '../../../src/billing/payments/create-top-up.ts';
import { listTopUps } from '../../../src/billing/payments/list-top-ups.ts';
import { setAutoTopUp } from '../../../src/billing/payments/set-auto-top-up.ts';
import { as, newMember, newTeam } from '../../support/people.ts';
import { deliver, eventOf, fakeStripe, mailing, paying } from '../payments/fake-stripe.ts';

afterEach(() => vi.restoreAllMocks());

const DAY = 24 * 60 * 60 * 1000;
const declined = {
  status: 402,
  body: { error: { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' } },
};

/** A workspace with an owner, whose automatic top-ups are on and, unless said otherwise, are declined. */
async function automatic(reply: Parameters<typeof fakeStripe>[0] = refuse, env = mailing) {
  const stripe = fakeStripe(reply);
  const { id, owner } = await newTeam();
  const actor = { kind: 'member', userId: owner.id, workspaceId: id, role: 'owner' } as const;
  await createTopUp(env, actor, id, 5, 'https://interline.test/back');
  const set = () => setAutoTopUp(env, actor, id, { below_usd: 15, amount_usd: 20 });
  await set();
  return {
    id,
    owner,
    set,
    mails: stripe.mails,
    consider: () => considerAutoTopUp(env, id, 0),
    newest: async () => (await listTopUps(env, actor, id, { limit: 1 })).data[0],
    waiting: async () => {
      const rows = await env.DB.prepare('SELECT sent_at FROM notices WHERE workspace_id = ?').bind(id).all();
      return rows.results.filter(({ sent_at }) => sent_at === null).length;
    },
  };
}

function refuse({ path }: { path: string }) {
  return path === '/v1/payment_intents' ? declined : undefined;
}

describe('that automatic top-ups have stopped', () => {
  it('is mailed to all who may pay, says why, and is shown', async () => {
    const { id, owner, mails, consider } = await automatic();
    const admin = await newMember(id, 'admin');
    const treasurer = await newMember(id, 'billing');
    await newMember(id, 'developer');
    await newMember(id, 'viewer');
    await consider();
    expect(mails.sent.map(({ to }) => to).sort()).toEqual([admin.email, owner.email, treasurer.email].sort());
    expect(mails.sent[0]).toMatchObject({
      kind: 'auto_top_up_stopped',
      subject: 'Automatic top-ups of Test have stopped',
      link: null,
    });
    expect(mails.sent[0]?.text).toContain(
      'An automatic top-up of 20 USD for the workspace Test failed: Your card was declined.',
    );
    expect(mails.sent[0]?.text).toContain(`PUT /api/workspaces/${id}/auto-top-up`);
    const shown = await as(treasurer, 'GET', `/api/workspaces/${id}/auto-top-up`);
    expect(shown.body.failure).toEqual({
      reason: 'Your card was declined.',
      at: expect.any(Number),
    });
  });

  it('is told once per stop, whoever else notices', async () => {
    const { mails, consider, set, newest } = await automatic();
    await consider();
    const topUp = await newest();
    const event = () =>
      eventOf('payment_intent.payment_failed', {
        id: `pi_${topUp?.id}`,
        metadata: { top_up: topUp?.id },
        last_payment_error: { message: 'Again.' },
      });
    await deliver(event(), { env: mailing });
    await consider();
    await sendNotices(mailing);
    expect(mails.sent).toHaveLength(1);
    await set();
    await consider();
    expect(mails.sent).toHaveLength(2);
  });

  it('is told once when several hear of it at once', async () => {
    const { mails, consider, newest, owner } = await automatic(() => undefined);
    await consider();
    const topUp = await newest();
    const failed = { id: `pi_${topUp?.id}`, metadata: { top_up: topUp?.id } };
    await Promise.all(
      [1, 2, 3].map(() => deliver(eventOf('payment_intent.payment_failed', failed), { env: mailing })),
    );
    await sendNotices(mailing);
    expect(mails.sent).toMatchObject([{ to: owner.email, text: expect.stringContaining('failed') }]);
  });

  it('is told later where the webhook for mail fails, once', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { mails, consider, waiting } = await automatic();
    mails.status = 500;
    await consider();
    await sendNotices(mailing);
    expect([mails.sent, await waiting()]).toEqual([[], 1]);
    mails.status = 200;
    expect(await sendNotices(mailing)).toBe(1);
    expect(await sendNotices(mailing)).toBe(0);
    expect([mails.sent.length, await waiting()]).toEqual([1, 0]);
  });

  it('is no news after two days', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { mails, consider } = await automatic();
    mails.status = 500;
    await consider();
    mails.status = 200;
    expect(await sendNotices(mailing, Date.now() + 2 * DAY)).toBe(0);
    expect(mails.sent).toEqual([]);
    await sendNotices(mailing, Date.now() + 31 * DAY);
    const { results } = await mailing.DB.prepare('SELECT id FROM notices').all();
    expect(results).toEqual([]);
  });

  it('is kept for nobody where no mail is sent', async () => {
    const { mails, consider, waiting, newest } = await automatic(refuse, paying);
    await consider();
    expect(await newest()).toMatchObject({ status: 'failed' });
    expect(await waiting()).toBe(0);
    expect(await sendNotices(paying)).toBe(0);
    expect(mails.sent).toEqual([]);
  });

  it('is not told of a payment that failed after they were turned off', async () => {
    const { id, mails, consider, newest } = await automatic(() => undefined);
    await consider();
    const topUp = await newest();
    await mailing.DB.prepare('UPDATE workspaces SET auto_top_up = NULL WHERE id = ?').bind(id).run();
    const failed = { id: `pi_${topUp?.id}`, metadata: { top_up: topUp?.id } };
    await deliver(eventOf('payment_intent.payment_failed', failed), { env: mailing });
    expect(await newest()).toMatchObject({ status: 'failed', failure: 'The payment failed.' });
    expect(mails.sent).toEqual([]);
  });
});
