import { vi } from 'vitest';
import { Brake } from '../../../src/gateway/relay/cutoff.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import type { CallHealth, Candidate, ChatCall, Plan, Trail } from '../../../src/gateway/types.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { Endpoint, Model } from '../../../src/registry/types.ts';
import type { CircuitPosition, EndpointHealth, Observation } from '../../../src/routing/health/types.ts';
import type { Policy } from '../../../src/routing/policy/types.ts';
import { wires } from '../../../src/wires/index.ts';
import { endpoint, model } from '../../routing/support.ts';

interface CandidateOptions {
  on?: Candidate['on'];
  endpoint?: Partial<Endpoint>;
  model?: Partial<Model>;
  /** Several of one endpoint have each their own. */
  credential?: string;
}

/** A candidate `vendor/model@provider` of the openai wire that takes no secret. */
export function candidate(id: string, options: CandidateOptions = {}): Candidate {
  const [modelId = '', provider = ''] = id.split('@');
  const wire = wires.openai;
  return {
    model: model(modelId, options.model),
    endpoint: endpoint(id, options.endpoint),
    provider: {
      id: provider,
      name: provider,
      baseUrl: `https://${provider}.example/v1`,
      wire: 'openai',
      auth: { kind: 'none' },
    },
    credential: { id: options.credential ?? 'none', kind: 'none', stored: null },
    wire,
    target: { upstreamModel: modelId, maxOutputTokens: null, capabilities: {}, quirks: {} },
    on: options.on ?? null,
    maxOutputTokens: null,
  };
}

/** What one upstream call is answered with. */
export type Script = (signal: AbortSignal) => Response | Promise<Response>;

export const whole = (text: string): Script => {
  const body = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'up',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  };
  return () => Response.json(body);
};

/** A stream that ends behind its first words. */
export const streams =
  (text: string): Script =>
  () => {
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up' };
    const choices = [{ index: 0, delta: { role: 'assistant', content: text }, finish_reason: null }];
    return new Response(`data: ${JSON.stringify({ ...chunk, choices })}\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    });
  };

export const refuses =
  (status: number, headers: Record<string, string> = {}, error: object = {}): Script =>
  () =>
    Response.json({ error }, { status, headers });

export const breaks: Script = () => Promise.reject(new TypeError('Network connection lost.'));

/** Says nothing until it is hung up on. */
export const silent: Script = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
  });

/** Answers after so many milliseconds. */
export const late =
  (ms: number, script: Script): Script =>
  (signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
      setTimeout(() => resolve(script(signal)), ms);
    });

/** One upstream call. */
export interface Asked {
  provider: string;
  /** Unix milliseconds. */
  at: number;
  body: JsonObject;
  signal: AbortSignal;
}

/** Providers behind `fetch`, by name: one script for each call, of which the last stays. */
export function providers(scripts: Readonly<Record<string, readonly Script[]>>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (url: string, init: { body: string | Uint8Array; signal: AbortSignal }) => {
    const provider = new URL(url).hostname.split('.')[0] ?? '';
    const before = asked.filter((one) => one.provider === provider).length;
    const text = typeof init.body === 'string' ? init.body : new TextDecoder().decode(init.body);
    asked.push({ provider, at: Date.now(), body: JSON.parse(text) as JsonObject, signal: init.signal });
    const list = scripts[provider] ?? [];
    const script = list[Math.min(before, list.length - 1)];
    if (!script) throw new Error(`No script for ${provider}`);
    return script(init.signal);
  });
  return asked;
}

/** Health that is what a test says, and remembers what it is told. */
export class FakeHealth implements CallHealth {
  readonly circuits: Record<string, CircuitPosition> = {};
  readonly known: Record<string, EndpointHealth> = {};
  readonly claimed = new Set<string>();
  readonly observed: Observation[] = [];
  readonly woken: [string, number | null][] = [];

  endpoint(id: string): EndpointHealth | null {
    return this.known[id] ?? null;
  }

  model(): null {
    return null;
  }

  circuit(id: string): CircuitPosition {
    return this.circuits[id] ?? 'closed';
  }

  claimProbe(id: string): boolean {
    if (this.claimed.has(id)) return false;
    this.claimed.add(id);
    return true;
  }

  releaseProbe(id: string): void {
    this.claimed.delete(id);
  }

  observe(observation: Observation): void {
    this.observed.push(observation);
  }

  waking(id: string, since: number | null): void {
    this.woken.push([id, since]);
  }
}

/** A call that begins now, with the time limits of production. */
export function callOf(
  body: object = {},
  health: CallHealth = new FakeHealth(),
): ChatCall & { renewed: number[] } {
  const renewed: number[] = [];
  const workspace = {
    renew: async () => {
      renewed.push(Date.now());
    },
  };
  const text = JSON.stringify({ model: 'a/x', messages: [{ role: 'user', content: 'Hi' }], ...body });
  const { request } = readChatRequest(new TextEncoder().encode(text));
  const limits = { firstTokenMs: 120_000, idleMs: 60_000, answerMs: 600_000 };
  // What a search for an answer looks at.
  return {
    generationId: 'gen_1',
    startedAt: Date.now(),
    request,
    traceparent: null,
    caller: { workspaceId: 'ws_1' },
    env: { WORKSPACE: { idFromName: (name: string) => name, get: () => workspace } },
    waitUntil: () => {},
    renewed,
    config: { limits },
    health,
  } as unknown as ChatCall & { renewed: number[] };
}

export function planOf(candidates: readonly Candidate[], policy: Policy = {}): Plan {
  return { candidates, policy, reason: null };
}

export function newTrail(): Trail {
  return {
    attempts: [],
    candidate: null,
    fallbackFrom: [],
    routingReason: null,
    conversions: [],
    adjusted: [],
    notContinued: null,
    structured: null,
    brake: new Brake(),
  };
}

/** The timers that a test has not replaced. */
const turn = setTimeout;

/** Lets the clock of the tests run until a promise settles: from one timer to the next. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  promise.then(settled, settled);
  for (;;) {
    // Streams take their own turns.
    for (let turns = 0; turns < 5 && !isSettled; turns++) await new Promise((resolve) => turn(resolve, 0));
    if (isSettled) return promise;
    await vi.advanceTimersToNextTimerAsync();
  }
}
