import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../src/env.ts';
import worker from '../src/index.ts';
import { workspaceClient } from '../src/objects/workspace/client.ts';
import { runScheduled } from '../src/scheduled.ts';
import { call, newWorkspace, OPERATOR } from './support/gateway.ts';

const bindings = env as unknown as Env;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function usedInMay(): Promise<string> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 4, 31, 23, 59) });
  const { id } = await newWorkspace();
  await workspaceClient(bindings, id).settle([
    {
      id: `gen_${id}`,
      amount: 100,
      project: 'prj_1',
      scopes: ['workspace'],
      model: 'm',
      provider: 'p',
      tokens: null,
      lines: [{ unit: 'input', rate: 1, quantity: 1, amount: 100 }],
    },
  ]);
  vi.useRealTimers();
  return id;
}

const invoicesOf = async (id: string) =>
  (await call('GET', `/api/invoices?workspace=${id}`, { key: OPERATOR })).body.data;

describe('the jobs of the clock', () => {
  it('leave the running month open, whatever time the run was planned for', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const id = await usedInMay();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 4, 31, 23, 59) });
    await runScheduled(bindings, Date.UTC(2026, 5, 1, 0, 17));
    expect(await invoicesOf(id)).toEqual([]);
  });

  it('issue the invoices of the month before, and compare accounts', async () => {
    const id = await usedInMay();
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const controller = createScheduledController({ scheduledTime: Date.UTC(2026, 5, 1, 0, 17) });
    await worker.scheduled(controller, bindings);
    expect(await invoicesOf(id)).toMatchObject([{ period: '2026-05', total_usd: 1e-7 }]);
    const differences = await call('GET', `/api/reconciliation?workspace=${id}`, { key: OPERATOR });
    expect(differences.body.data).toMatchObject([{ kind: 'missing_receipt', generation: `gen_${id}` }]);
  });

  it('run although one before them fails, and then say that it failed', async () => {
    const id = await usedInMay();
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    // The job list of the database is gone: invoices cannot be issued.
    const prepare = bindings.DB.prepare.bind(bindings.DB);
    const DB = new Proxy(bindings.DB, {
      get: (target, name) => {
        if (name === 'prepare')
          return (query: string) => {
            if (query.includes('"jobs"')) throw new Error('no such table');
            return prepare(query);
          };
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const broken = { ...bindings, DB } as Env;
    await expect(runScheduled(broken, Date.UTC(2026, 5, 1, 0, 17))).rejects.toThrow(AggregateError);
    expect(log.mock.calls.flat().join()).toContain('issue_invoices');
    const differences = await call('GET', `/api/reconciliation?workspace=${id}`, { key: OPERATOR });
    expect(differences.body.data).toHaveLength(1);
  });
});
