import { configOf, type Env } from '../../env.ts';
import { workspaceClient } from '../../objects/workspace/client.ts';
import type { Admission, AdmissionRequest } from '../../objects/workspace/types.ts';

interface Waiting {
  request: AdmissionRequest;
  resolve(admission: Admission): void;
  reject(cause: unknown): void;
}

interface Lane {
  waiting: Waiting[];
  /** When the call under way was made, Unix milliseconds; null when there is none. */
  flightSince: number | null;
  /** Tells who sends the next call that its time has come. */
  wake: (() => void) | null;
}

/** A call that takes longer is not waited for: the request that made it may be gone, and its answer with it. */
const STUCK_MS = 1_000;

/** Where requests come faster than calls go, the next call waits so long for company. */
const GATHER_MS = 2;

/** One lane per workspace: while a call is under way, requests gather for the next. */
const lanes = new Map<string, Lane>();

/**
 * Asks the workspace's object. Alone a request is sent at once; those that come while a call is under way
 * travel together in the next, which the first of them sends. Each promise is awaited by the request that
 * made it: the runtime carries a promise's resolution from one request to another, but what awaits the
 * promise of another request goes on in that request, and ends with it.
 */
export function askAdmission(
  env: Env,
  workspaceId: string,
  request: AdmissionRequest,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<Admission> {
  if (!configOf(env).coalesceAdmissions) return askAlone(env, workspaceId, request);
  let lane = lanes.get(workspaceId);
  if (!lane) {
    lane = { waiting: [], flightSince: null, wake: null };
    lanes.set(workspaceId, lane);
  }
  const { waiting } = lane;
  const answer = new Promise<Admission>((resolve, reject) => {
    waiting.push({ request, resolve, reject });
  });
  if (lane.flightSince === null || Date.now() - lane.flightSince > STUCK_MS) {
    waitUntil(fly(lane, env, workspaceId));
  } else if (lane.wake === null) {
    waitUntil(flyNext(lane, env, workspaceId));
  }
  return answer;
}

async function askAlone(env: Env, workspaceId: string, request: AdmissionRequest): Promise<Admission> {
  const [admission] = await workspaceClient(env, workspaceId).admit([request]);
  if (!admission) throw new Error('The workspace object left a request unanswered');
  return admission;
}

async function flyNext(lane: Lane, env: Env, workspaceId: string): Promise<void> {
  await new Promise<void>((resolve) => {
    lane.wake = resolve;
  });
  // Claimed: who comes now joins, and does not fly alone.
  lane.flightSince = Date.now();
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  await fly(lane, env, workspaceId);
}

/** Sends all who wait in one call, then wakes who sends the next. */
async function fly(lane: Lane, env: Env, workspaceId: string): Promise<void> {
  const batch = lane.waiting;
  if (batch.length === 0) {
    lane.flightSince = null;
    return;
  }
  const since = Date.now();
  lane.waiting = [];
  lane.flightSince = since;
  await send(batch, env, workspaceId);
  if (lane.flightSince === since) lane.flightSince = null;
  const { wake } = lane;
  lane.wake = null;
  if (wake) wake();
  else if (lane.waiting.length === 0 && lane.flightSince === null) lanes.delete(workspaceId);
}

async function send(batch: Waiting[], env: Env, workspaceId: string): Promise<void> {
  try {
    const admissions = await workspaceClient(env, workspaceId).admit(batch.map(({ request }) => request));
    for (const [index, { resolve, reject }] of batch.entries()) {
      const admission = admissions[index];
      if (admission) resolve(admission);
      else reject(new Error('The workspace object left a request unanswered'));
    }
  } catch (cause) {
    for (const { reject } of batch) reject(cause);
  }
}
