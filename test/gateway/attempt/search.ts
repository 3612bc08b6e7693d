import { afterEach, beforeEach, vi } from 'vitest';
import { ownRequest } from '../../../src/gateway/attempt/own-request.ts';
import { Pursuit } from '../../../src/gateway/attempt/pursuit.ts';
import type { Served } from '../../../src/gateway/attempt/served.ts';
import type { Candidate, Trail } from '../../../src/gateway/types.ts';
import type { Policy } from '../../../src/routing/policy/types.ts';
import { callOf, candidate, FakeHealth, newTrail, planOf } from './support.ts';

/** Every test of a file has a clock of its own, and providers of its own. */
export function fakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

export const A = candidate('v/a@one');
export const B = candidate('v/a@two');
export const C = candidate('v/a@three');

export interface Setup {
  policy?: Policy;
  body?: object;
  health?: FakeHealth;
  startedAt?: number;
}

/** A search among these candidates, and all that it leaves behind. */
export function searchFor(
  candidates: readonly Candidate[],
  { policy = {}, body, health, startedAt }: Setup = {},
) {
  const known = health ?? new FakeHealth();
  const call = { ...callOf(body, known), ...(startedAt === undefined ? {} : { startedAt }) };
  const trail: Trail = newTrail();
  const pursuit = new Pursuit(call, planOf(candidates, policy), trail);
  const find = (): Promise<Served> => pursuit.find(ownRequest(call.request));
  return { call, trail, pursuit, health: known, find };
}

export const outcomes = ({ attempts }: Trail) =>
  attempts.map(({ provider, outcome, error }) => [provider, outcome, error]);
