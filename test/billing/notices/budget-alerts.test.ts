import { afterEach, describe, expect, it, vi } from 'vitest';
import { fileBudgetAlerts } from '../../../src/billing/notices/budget-alerts.ts';
import { sendNotices } from '../../../src/billing/notices/send.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { runScheduled } from '../../../src/scheduled.ts';
import { call, newKey, OPERATOR } from '../../support/gateway.ts';
import { as, newMember, newTeam } from '../../support/people.ts';
import { fakeStripe, mailing, paying } from '../payments/fake-stripe.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const USD = 1_000_000_000;
const DAY = 24 * 60 * 60 * 1000;
let generations = 0;

/** A workspace with an owner and a monthly budget of 4 USD. */
async function budgeted() {
  const { mails } = fakeStripe();
  const { id, owner } = await newTeam();
  const body = { budgets: [{ window: 'monthly', amount_usd: 4 }] };
  expect((await as(owner, 'PUT', `/api/workspaces/${id}/limits`, { body })).status).toBe(200);
  return {
    id,
    owner,
    sent: mails.sent,
    mails,
    /** What a request that cost so many USD leaves. */
    spend: (usd: number, scopes = ['workspace']) =>
      workspaceClient(mailing, id).settle([
        {
          id: `gen_${generations++}`,
          amount: usd * USD,
          project: 'prj_1',
          scopes,
          model: 'm',
          provider: 'p',
          tokens: null,
          lines: [],
        },
      ]),
  };
}

async function byTheClock(now = Date.now()): Promise<void> {
  await fileBudgetAlerts(mailing, now);
  await sendNotices(mailing, now);
}

describe('alerts of budgets', () => {
  it('can be read at once, and are mailed by the clock, each once', async () => {
    const { id, owner, sent, spend } = await budgeted();
    await byTheClock();
    await spend(1.99);
    await byTheClock();
    expect(sent).toEqual([]);
    await spend(0.01);
    const { body } = await as(owner, 'GET', '/api/limits/stats');
    expect(body.alerts).toMatchObject([
      { scope: 'workspace', window: 'monthly', percent: 50, amount_usd: 4, spent_usd: 2 },
    ]);
    expect(sent).toEqual([]);
    await byTheClock();
    await byTheClock();
    expect(sent).toMatchObject([
      { kind: 'budget_alert', to: owner.email, subject: '50 % of a budget in Test is spent', link: null },
    ]);
    const since = `${new Date().toISOString().slice(0, 8)}01`;
    expect(sent[0]?.text).toBe(
      `The workspace Test has spent 2 USD of its monthly budget (from ${since}, UTC) of 4 USD.`,
    );
    await spend(2.5);
    await byTheClock();
    await byTheClock();
    expect(sent.map(({ subject }) => subject.slice(0, 5)).sort()).toEqual(['100 %', '50 % ', '80 % ']);
    expect(sent.find(({ subject }) => subject.startsWith('100'))?.text).toContain('is refused until');
    expect(await workspaceClient(mailing, id).alerts(10)).toHaveLength(3);
  });

  it('name the key, the project or the member whose budget it is', async () => {
    const { id, owner, sent, spend } = await budgeted();
    const budgets = [{ window: 'total', amount_usd: 1 }];
    const { id: key, project } = await newKey(id);
    await call('PATCH', `/api/keys/${key}`, { key: OPERATOR, body: { budgets } });
    await as(owner, 'PUT', `/api/projects/${project}/limits`, { body: { budgets } });
    const member = await newMember(id, 'developer');
    await as(owner, 'PUT', `/api/members/${member.id}/limits`, { body: { budgets } });
    await workspaceClient(mailing, id).allow([
      {
        scope: `key:${key}`,
        allowance: { limits: {}, budgets: [{ window: 'total', amount: USD }], version: Date.now() + 1 },
      },
    ]);
    await spend(0.5, [`key:${key}`, `project:${project}`, `user:${member.id}`]);
    await byTheClock();
    expect(sent.map(({ text }) => text).sort()).toEqual([
      `In the workspace Test, the key “inference” (${key}) has spent 0.5 USD of its total budget of 1 USD.`,
      `In the workspace Test, the member “Person” (${member.id}) has spent 0.5 USD of its total budget of 1 USD.`,
      `In the workspace Test, the project “Default” (${project}) has spent 0.5 USD of its total budget of 1 USD.`,
    ]);
  });

  it('are told again in the next window, and for another amount', async () => {
    const { id, owner, sent, spend } = await budgeted();
    await spend(2);
    await byTheClock();
    const body = { budgets: [{ window: 'monthly', amount_usd: 6 }] };
    await as(owner, 'PUT', `/api/workspaces/${id}/limits`, { body });
    await spend(1);
    await byTheClock();
    expect(sent).toHaveLength(2);
    const next = new Date();
    next.setUTCMonth(next.getUTCMonth() + 1, 2);
    vi.useFakeTimers({ toFake: ['Date'], now: next });
    await spend(3);
    await byTheClock();
    expect(sent).toHaveLength(3);
  });

  it('that are two days old are no news', async () => {
    const { sent, spend } = await budgeted();
    await spend(2);
    await byTheClock(Date.now() + 2 * DAY);
    expect(sent).toEqual([]);
  });

  it('are not filed where no mail is sent', async () => {
    const { id, spend } = await budgeted();
    await spend(2);
    expect(await fileBudgetAlerts(paying)).toBe(0);
    const { results } = await paying.DB.prepare('SELECT id FROM notices WHERE workspace_id = ?')
      .bind(id)
      .all();
    expect(results).toEqual([]);
  });

  it('are mailed by the jobs of the clock', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const { sent, spend, owner } = await budgeted();
    await spend(2);
    await runScheduled(mailing, Date.now());
    expect(sent.filter(({ to }) => to === owner.email)).toHaveLength(1);
  });
});
