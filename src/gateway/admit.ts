import { GatewayError } from '../errors.ts';
import { allowsAddress } from '../lib/ip-allowlist.ts';
import { matchesModel } from '../lib/model-glob.ts';
import { workspaceClient } from '../objects/workspace/client.ts';
import type { Admission, AdmissionRequest, Scope } from '../objects/workspace/types.ts';
import { type Demand, Headroom } from './admission/headroom.ts';
import { askAdmission } from './admission/queue.ts';
import { refusalError } from './admission/refusal.ts';
import { type Reservation, reservationOf } from './admission/reserve.ts';
import { flushOutbox } from './outbox.ts';
import type { Call, Caller, Candidate } from './types.ts';

/** What a request reserves is freed after so long without a word; it is kept up three times as often. */
export const LEASE_MS = 90_000;
export const RENEW_EVERY_MS = 30_000;

/** An admission that takes longer than this is none: money fails closed. */
const DEADLINE_MS = 2_000;

export type Granted = Extract<Admission, { ok: true }>;

/** The admission of one request, which may still be on its way. */
export interface Ticket {
  /** There is so much room that the request goes to the provider beside the question. */
  optimistic: boolean;
  /** @throws GatewayError the refusal, or `limits_unavailable`. Rejections are never unhandled. */
  granted: Promise<Granted>;
}

const headroom = new Headroom();

/**
 * Whether this caller may run this request: its role and address here, limits, budgets and credits in the
 * workspace's object. While there is comfortable room the object is asked beside the upstream's connect,
 * and no byte reaches the client before both have said yes; near a limit it is asked first.
 * @throws GatewayError `permission_denied`, `ip_not_allowed`.
 */
export function admit(call: Call, candidates: readonly Candidate[]): Ticket {
  const { caller } = call;
  if (caller.role === 'read') {
    throw new GatewayError('permission_denied', { message: 'A key of the role "read" may not call models.' });
  }
  if (caller.allowedIps && !allowsAddress(caller.allowedIps, call.address)) {
    throw new GatewayError('ip_not_allowed');
  }
  const model = candidates[0]?.model.id ?? '';
  const reservation = reservationOf(call, candidates);
  const demand = demandOf(reservation);
  const now = Date.now();
  const name = `${caller.workspaceId}/${caller.keyId}`;
  const optimistic = headroom.comfortable(name, demand, now);
  const request: AdmissionRequest = {
    id: call.generationId,
    scopes: scopesOf(caller, model),
    model,
    ...reservation,
    leaseMs: LEASE_MS,
    optimistic,
  };
  headroom.asked(name, demand);
  const granted = ask(call, request, name, demand);
  granted.catch(() => {});
  return { optimistic, granted };
}

/** Waits for the admission, and no longer than the deadline. @throws GatewayError as the ticket says. */
export async function grantedInTime({ granted }: Ticket): Promise<Granted> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GatewayError('limits_unavailable')), DEADLINE_MS);
  });
  try {
    return await Promise.race([granted, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps what a request that takes long has reserved. A failure is made good by the next time. */
export function keepReservation({ env, caller, generationId, waitUntil }: Call): void {
  waitUntil(
    workspaceClient(env, caller.workspaceId)
      .renew([generationId], LEASE_MS)
      .catch(() => {}),
  );
}

async function ask(call: Call, request: AdmissionRequest, name: string, demand: Demand): Promise<Granted> {
  let admission: Admission;
  try {
    if (!request.optimistic) await flushOutbox(call.waitUntil);
    admission = await askAdmission(call.env, call.caller.workspaceId, request, call.waitUntil);
  } catch (cause) {
    headroom.answered(name, demand, null, Date.now());
    throw new GatewayError('limits_unavailable', { cause });
  }
  headroom.answered(name, demand, admission.ok ? admission.slack : null, Date.now());
  if (!admission.ok) throw refusalError(admission.refusal, admission.rates);
  return admission;
}

function demandOf({ cost, tokens }: Reservation): Demand {
  return {
    money: cost.fixed + Math.ceil((tokens.output * cost.outputRate) / 1_000_000),
    tokens: tokens.input + tokens.output,
  };
}

/** What a request counts for, the workspace first, with what this isolate knows of the allowances. */
function scopesOf(caller: Caller, model: string): AdmissionRequest['scopes'] {
  const { allowance } = caller;
  const scopes: AdmissionRequest['scopes'] = [
    { scope: 'workspace', allowance: caller.workspaceAllowance },
    { scope: `project:${caller.projectId}`, allowance: caller.projectAllowance },
    { scope: `key:${caller.keyId}`, allowance },
  ];
  if (caller.userId !== null) {
    scopes.push({ scope: `user:${caller.userId}`, allowance: caller.memberAllowance });
  }
  for (const { models, limits } of allowance?.modelLimits ?? []) {
    if (!allowance || !matchesModel(models, model)) continue;
    const version = allowance.version;
    scopes.push({ scope: `key:${caller.keyId}|${models}`, allowance: { limits, budgets: [], version } });
  }
  return scopes;
}

/** The scopes whose spending a request counts for. */
export function spendingScopes(caller: Caller): Scope[] {
  const scopes = ['workspace', `project:${caller.projectId}`, `key:${caller.keyId}`];
  return caller.userId === null ? scopes : [...scopes, `user:${caller.userId}`];
}
