import { GatewayError } from '../errors.ts';
import { allowsAddress } from '../lib/ip-allowlist.ts';
import { matchesModel } from '../lib/model-glob.ts';
import { workspaceClient } from '../objects/workspace/client.ts';
import type { Admission, AdmissionRequest, Scope } from '../objects/workspace/types.ts';
import { advances, headroom, LEASE_MS, laneOf } from './admission/exchange.ts';
import type { Demand } from './admission/headroom.ts';
import { askAdmission } from './admission/queue.ts';
import { refusalError } from './admission/refusal.ts';
import { type Reservation, reservationOf } from './admission/reserve.ts';
import { flushOutbox } from './settling/outbox.ts';
import type { Call, Caller, Candidate } from './types.ts';

/** What a request has reserved is kept up three times as often as it would be freed, milliseconds. */
export const RENEW_EVERY_MS = LEASE_MS / 3;

/** An admission that takes longer than this is none: money fails closed. */
const DEADLINE_MS = 2_000;

export type Granted = Extract<Admission, { ok: true }>;

/** The admission of one request, which may still be on its way. */
export interface Ticket {
  /** There is so much room that the request goes to the provider beside the question. */
  optimistic: boolean;
  /** @throws GatewayError the refusal, or `limits_unavailable`. Rejections are never unhandled. */
  granted: Promise<Granted>;
  /** What was granted, once it is there: then nobody need wait. */
  known: Granted | null;
}

/**
 * What a request may come to that may be asked for twice, in what it may come to once: both, and the first answer as
 * a part of the second's input, which no price makes dearer than output.
 */
const TWICE = 3;

/**
 * Whether this caller may run this request: its role and address here, limits, budgets and credits in the
 * workspace's object. Where only money is limited, requests that come close together draw on an advance that
 * the object has granted. Else, while there is comfortable room, the object is asked beside the upstream's
 * connect, and no byte reaches the client before both have said yes; near a limit it is asked first.
 * @param twice the request may be asked for twice.
 * @throws GatewayError `permission_denied`, `ip_not_allowed`.
 */
export function admit(call: Call, candidates: readonly Candidate[], twice = false): Ticket {
  const { caller } = call;
  checkCaller(caller, call.address);
  const model = candidates[0]?.model.id ?? '';
  const reservation = reservationOf(call, candidates, twice ? TWICE : 1);
  const demand = demandOf(reservation);
  const now = Date.now();
  const name = laneOf(caller);
  const drawn = draw(call, name, model, reservation, now);
  if (drawn) return { optimistic: true, granted: Promise.resolve(drawn), known: drawn };
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
  const ticket: Ticket = { optimistic, granted: ask(call, request, name, demand), known: null };
  ticket.granted.then(
    (granted) => {
      ticket.known = granted;
    },
    () => {},
  );
  return ticket;
}

/**
 * Whether this caller may call models at all, and from here.
 * @param address of the client, where it is known.
 * @throws GatewayError `permission_denied`, `ip_not_allowed`.
 */
export function checkCaller(caller: Caller, address: string | null): void {
  if (caller.role === 'read') {
    throw new GatewayError('permission_denied', { message: 'A key of the role "read" may not call models.' });
  }
  if (caller.allowedIps && !allowsAddress(caller.allowedIps, address)) {
    throw new GatewayError('ip_not_allowed');
  }
}

/** Waits for the admission, and no longer than the deadline. @throws GatewayError as the ticket says. */
export async function grantedInTime({ granted, known }: Ticket): Promise<Granted> {
  if (known) return known;
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
export function keepReservation({ env, caller, generationId, draw, waitUntil }: Call): void {
  waitUntil(
    workspaceClient(env, caller.workspaceId)
      .renew([draw?.advance ?? generationId], LEASE_MS)
      .catch(() => {}),
  );
}

async function ask(call: Call, request: AdmissionRequest, name: string, demand: Demand): Promise<Granted> {
  let admission: Admission;
  try {
    if (!request.optimistic) await flushOutbox(call);
    admission = await askAdmission(call.env, call.caller.workspaceId, request, call.waitUntil);
  } catch (cause) {
    headroom.answered(name, demand, null, Date.now());
    throw new GatewayError('limits_unavailable', { cause });
  }
  headroom.answered(name, demand, admission.ok ? admission.slack : null, Date.now());
  if (!admission.ok) throw refusalError(admission.refusal, admission.rates);
  if (request.tokens.openEnded) advances.learnOutput(name, request.model, admission.output);
  return admission;
}

/** Takes what a request may cost from an advance, where there is one, and money is all that limits it. */
function draw(
  call: Call,
  name: string,
  model: string,
  { cost, priced, tokens }: Reservation,
  now: number,
): Granted | null {
  const { caller, config } = call;
  if (!priced || !config.coalesceAdmissions || hasRates(caller)) return null;
  const expected = tokens.openEnded ? advances.outputOf(name, model) : tokens.output;
  if (expected === undefined) return null;
  const output = Math.min(tokens.output, expected);
  const held = cost.fixed + Math.ceil((output * cost.outputRate) / 1_000_000);
  if (held <= 0) return null;
  call.draw = advances.draw(name, model, held, now) ?? undefined;
  if (!call.draw) return null;
  const slack = { money: held, requests: null, tokens: null, concurrent: null };
  return { ok: true, held, output, rates: { requests: null, tokens: null }, slack };
}

function hasRates(caller: Caller): boolean {
  const { allowance, workspaceAllowance, projectAllowance, memberAllowance } = caller;
  if (allowance?.modelLimits?.length) return true;
  for (const stated of [allowance, workspaceAllowance, projectAllowance, memberAllowance]) {
    if (!stated) continue;
    const { requests_per_minute: requests, tokens_per_minute: perMinute, concurrent } = stated.limits;
    if (requests !== undefined || perMinute !== undefined || concurrent !== undefined) return true;
  }
  return false;
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
