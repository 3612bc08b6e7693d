import { randomBytes } from 'node:crypto';
import OpenAI from 'openai';
import { expect, inject } from 'vitest';
import { WIRES, type WireName } from './fixtures.ts';
import type { Gateway, SharedGatewayKind } from './gateway.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** USD per 1M tokens, chosen so that costs are easy to reckon by hand. */
export const PRICE = {
  input: 2,
  output: 10,
  cached_input: 0.5,
  cache_write: 2.5,
  cache_write_long: 4,
  tools: { web_search: 10, image_generation: 100, mcp: 0 },
};

/** Someone who calls the data plane: a key of a workspace of its own. */
export interface Caller {
  workspace: string;
  /** The caller's secret. */
  key: string;
  /** The OpenAI SDK with only base URL and key changed, and no repetitions of its own. */
  client: OpenAI;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** POST /v1/chat/completions. */
  chat(body: object, init?: RequestInit): Promise<Response>;
}

/** Files share the gateways, so what a file makes there has a name of its own. */
const TAGS = new Map<string, string>();

function tag(): string {
  const file = expect.getState().testPath ?? '';
  const known = TAGS.get(file) ?? `t${randomBytes(4).toString('hex')}`;
  TAGS.set(file, known);
  return known;
}

/** The id of a model that this file has made, by its name here. */
export function modelId(name: string): string {
  return `${tag()}/${name}`;
}

/** The id of the provider that is a lane of this file's upstream. */
export function providerId(lane: string): string {
  return `${tag()}-${lane}`;
}

/** A gateway, providers on loopback behind it, and a caller with money. */
export interface World extends Caller {
  gateway: Gateway;
  upstream: Upstream;
  /** Calls the management API as the operator. @throws Error for an answer that is not 2xx. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** One that all tests share; where there are several, always the same for this worker of Vitest. */
export function sharedGateway(kind: SharedGatewayKind): Gateway {
  const gateways = inject('gateways')[kind];
  const gateway = gateways[Number(process.env.VITEST_POOL_ID ?? 0) % gateways.length];
  if (!gateway) throw new Error(`There is no ${kind} gateway`);
  return gateway;
}

/**
 * Starts an upstream behind a gateway, with a lane and a model for each wire, by the names of the wires.
 * @param which a shared gateway, or one of the test's own.
 */
export async function startWorld(which: SharedGatewayKind | Gateway = 'patient'): Promise<World> {
  const gateway = typeof which === 'string' ? sharedGateway(which) : which;
  const upstream = await startUpstream();
  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(gateway.origin + path, {
      method,
      headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }
  const world: World = {
    ...(await newCaller({ gateway, api })),
    gateway,
    upstream,
    api,
    stop: () => upstream.stop(),
  };
  for (const wire of WIRES) {
    await addProvider(world, wire, wire);
    await addModel(world, wire, [wire]);
  }
  return world;
}

/** A new workspace with 100 USD and a key for it: for tests that count every nano-dollar. */
export async function newCaller(
  { gateway, api }: Pick<World, 'gateway' | 'api'>,
  credits = 100,
): Promise<Caller> {
  const workspace = await api<{ id: string }>('POST', '/api/workspaces', { name: 'Tests', credits });
  // Providers are asked again without a pause: what they do is simulated, and does not pass with time.
  await api('PUT', `/api/workspaces/${workspace.id}/policy`, { backoff_ms: 1 });
  const { key } = await api<{ key: string }>('POST', '/api/keys', {
    name: 'tests',
    workspace: workspace.id,
    role: 'developer',
  });
  const call = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${key}`);
    return fetch(gateway.origin + path, { ...init, headers });
  };
  return {
    workspace: workspace.id,
    key,
    client: new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: key, maxRetries: 0 }),
    fetch: call,
    chat: (body, init = {}) =>
      call('/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers },
      }),
  };
}

/** A provider that is one lane of the upstream. */
export async function addProvider(
  world: World,
  lane: string,
  wire: WireName,
  more: object = {},
): Promise<void> {
  await world.api('PUT', `/api/providers/${providerId(lane)}`, {
    base_url: world.upstream.url(lane),
    wire,
    secret: `sk-${lane}-${randomBytes(8).toString('hex')}`,
    ...more,
  });
}

export interface ModelOptions {
  /** USD per 1M tokens; null when it is not known. */
  price?: object | null;
  /** The model in the provider's words. */
  upstreamModel?: string;
  /** Of all endpoints, or of each by its lane. */
  capabilities?: object | ((lane: string) => object);
  /** `chat` unless said. */
  kind?: 'chat' | 'embedding' | 'image' | 'speech' | 'transcription' | 'moderation' | 'rerank';
}

/** A model with an endpoint in each of these lanes, tried in this order. */
export async function addModel(
  world: World,
  name: string,
  lanes: readonly string[],
  { price = PRICE, upstreamModel, capabilities = {}, kind = 'chat' }: ModelOptions = {},
): Promise<void> {
  await world.api('PUT', `/api/models/${encodeURIComponent(modelId(name))}`, {
    name,
    kind,
    context_length: 1_000_000,
    endpoints: lanes.map((lane) => ({
      provider: providerId(lane),
      upstream_model: upstreamModel ?? `Up-${lane}`,
      price,
      capabilities: typeof capabilities === 'function' ? capabilities(lane) : capabilities,
    })),
  });
}
