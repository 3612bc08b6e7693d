import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

export const bindings = env as unknown as Env;
export const USD = 1_000_000_000;

/** A workspace that used 40.000000001 USD in May of 2026, and the operator's invoice for it. */
export async function invoiced(name = 'Acme', tax: object | null = { name: 'VAT', percent: 19 }) {
  const { id } = await newWorkspace(name);
  const project = (await newKey(id)).project;
  expect((await call('PUT', `/api/workspaces/${id}/tax`, { key: OPERATOR, body: tax })).status).toBe(200);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 4, 10) });
  const lines = [
    { unit: 'input', rate: 4 * USD, quantity: 10_000_000, amount: 40 * USD },
    { unit: 'request', rate: 1, quantity: 1, amount: 1 },
  ];
  await workspaceClient(bindings, id).settle([
    {
      id: `gen_${id}`,
      amount: 40 * USD + 1,
      project,
      scopes: ['workspace'],
      model: 'a/<b>x</b>',
      provider: 'p',
      tokens: null,
      lines,
    },
  ]);
  vi.useRealTimers();
  const issued = await call('POST', '/api/invoices', {
    key: OPERATOR,
    body: { workspace: id, month: '2026-05' },
  });
  expect(issued.status).toBe(201);
  return { id, project, invoice: issued.body };
}

export const balance = (id: string) => workspaceClient(bindings, id).balance();
