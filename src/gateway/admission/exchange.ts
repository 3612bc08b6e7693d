import type { NanoUsd } from '../../billing/money.ts';
import { configOf, type Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { AdvanceRequest, Scope, Settlement } from '../../objects/workspace/types.ts';
import type { Caller } from '../types.ts';
import { Advances, type Watched } from './advances.ts';
import { Headroom } from './headroom.ts';

/** What a request reserves is freed after so long without a word, milliseconds. */
export const LEASE_MS = 90_000;

/** While the object has yet to answer, it is looked again so often, milliseconds. */
const LOOK_EVERY_MS = 50;

/** After so many failures in a row an advance is left to its lease. */
const MOST_FAILURES = 5;

export const headroom = new Headroom();
export const advances = new Advances();

/** Lanes whose advance somebody should see to, and their workspaces. */
const unwatched = new Map<string, string>();

/** What headroom and advances are kept by. */
export function laneOf({ workspaceId, keyId }: Caller): string {
  return `${workspaceId}/${keyId}`;
}

/**
 * Tells the workspace's object what has ended, and asks for advances beside it. Answers the balance. Safe to
 * repeat.
 * @param lanes those of the requests that have ended, and what they count for.
 */
export async function exchange(
  env: Env,
  workspaceId: string,
  lanes: ReadonlyMap<string, Scope[]>,
  settlements: Settlement[],
): Promise<NanoUsd> {
  const requests = configOf(env).coalesceAdmissions ? advances.next(lanes, LEASE_MS, Date.now()) : [];
  for (const lane of lanes.keys()) unwatched.set(lane, workspaceId);
  return await ask(env, workspaceId, [...lanes.keys()], settlements, requests);
}

/**
 * Sees to it that advances are given back when they are no longer used; lasts until then. For `waitUntil`:
 * what dies before leaves them to their lease.
 */
export async function giveBackIdle(env: Env): Promise<void> {
  const lanes = [...unwatched];
  unwatched.clear();
  await Promise.all(
    lanes.flatMap(([lane, workspaceId]) =>
      advances.watch([lane]).map((watched) => seeTo(env, workspaceId, watched)),
    ),
  );
}

async function seeTo(env: Env, workspaceId: string, watched: Watched): Promise<void> {
  for (let failures = 0; failures < MOST_FAILURES; ) {
    const ms = advances.usedFor(watched, Date.now());
    if (ms === null) return;
    const request = ms > 0 ? null : advances.giveBack(watched, LEASE_MS, Date.now());
    if (!request) {
      await new Promise((resolve) => setTimeout(resolve, ms || LOOK_EVERY_MS));
      continue;
    }
    try {
      await ask(env, workspaceId, [watched.name], [], [request]);
    } catch {
      failures++;
    }
  }
  advances.forget(watched);
}

async function ask(
  env: Env,
  workspaceId: string,
  lanes: readonly string[],
  settlements: Settlement[],
  requests: AdvanceRequest[],
): Promise<NanoUsd> {
  try {
    const answer = await workspaceClient(env, workspaceId).exchange(settlements, requests);
    for (const { name, left } of advances.answered(lanes, requests, answer.advances)) {
      headroom.heard(name, left, Date.now());
    }
    return answer.balance;
  } catch (cause) {
    advances.failed(lanes, requests);
    throw cause;
  }
}
