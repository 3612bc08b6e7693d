import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { Bindings } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { type Answer, call, newWorkspace, OPERATOR } from '../../support/gateway.ts';

export const bindings = env as unknown as Bindings;
export const messages = [{ role: 'user', content: 'one two three' }];

export const chat = (key: string, more: object = {}, headers: Record<string, string> = {}) =>
  call('POST', '/v1/chat/completions', {
    key,
    body: { model: 'demo-echo', messages, max_tokens: 20, ...more },
    headers,
  });

export const many = (key: string, count: number, more: object = {}) =>
  Promise.all(Array.from({ length: count }, () => chat(key, more)));

/** A key with restrictions, in a workspace with so many credits, USD. */
export async function keyWith(
  restrictions: object,
  credits?: number,
): Promise<{ id: string; key: string; workspace: string }> {
  const { id: workspace } = await newWorkspace();
  if (credits !== undefined) {
    const client = workspaceClient(bindings, workspace);
    const taken = Math.round(credits * 1e9) - (await client.balance());
    await client.record([{ id: 'adjust', kind: 'adjustment', amount: taken, reference: 'test' }]);
  }
  const body = { name: 'k', workspace, ...restrictions };
  const made = await call('POST', '/api/keys', { key: OPERATOR, body });
  expect(made.status).toBe(201);
  return { id: made.body.id, key: made.body.key, workspace };
}

export const statuses = (answers: Answer[]) => answers.map((answer) => answer.status).sort();
export const count = (answers: Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;
