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
  /** Ends when the call that is under way has been answered; never rejects. */
  flight: Promise<void> | null;
}

/** One lane per workspace: while a call is under way, requests gather for the next. */
const lanes = new Map<string, Lane>();

/**
 * Asks the workspace's object. Alone a request is sent at once; those that come while a call is under way
 * travel together in the next. The first of a batch sends it, in its own `waitUntil`: I/O belongs to the
 * request that starts it.
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
    lane = { waiting: [], flight: null };
    lanes.set(workspaceId, lane);
  }
  const { waiting } = lane;
  const answer = new Promise<Admission>((resolve, reject) => {
    waiting.push({ request, resolve, reject });
  });
  if (waiting.length === 1) waitUntil(lead(lane, env, workspaceId));
  return answer;
}

async function askAlone(env: Env, workspaceId: string, request: AdmissionRequest): Promise<Admission> {
  const [admission] = await workspaceClient(env, workspaceId).admit([request]);
  if (!admission) throw new Error('The workspace object left a request unanswered');
  return admission;
}

async function lead(lane: Lane, env: Env, workspaceId: string): Promise<void> {
  if (lane.flight) await lane.flight;
  const batch = lane.waiting;
  lane.waiting = [];
  const flight = send(batch, env, workspaceId);
  lane.flight = flight;
  await flight;
  if (lane.flight !== flight) return;
  lane.flight = null;
  if (lane.waiting.length === 0) lanes.delete(workspaceId);
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
