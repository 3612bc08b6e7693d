import { env } from 'cloudflare:workers';
import type { Env } from '../../../src/env.ts';
import { forgetRegistry, refreshRegistry } from '../../../src/registry/load.ts';

export const bindings = env as unknown as Env;

export const BASE = 'https://models.dev/api.json';
export const CANONICAL = 'https://openrouter.ai/api/v1/models';
export const DEEPINFRA = 'https://api.deepinfra.com/v1/openai/models';

/** What the sources answer, by address: JSON, text as it is, or a status. Others are 404. */
export type World = Record<string, object | string | number>;

/** A fetcher to whom the world is all there is, and what it was asked. */
export function fetcherOf(world: World) {
  const asked: string[] = [];
  const fetcher = (url: string): Promise<Response> => {
    asked.push(url);
    const answer = world[url] ?? 404;
    if (typeof answer === 'number') return Promise.resolve(new Response('no', { status: answer }));
    return Promise.resolve(new Response(typeof answer === 'string' ? answer : JSON.stringify(answer)));
  };
  return { asked, fetcher };
}

/** A model as models.dev writes it. */
export function baseModel(id: string, cost: object | null, more: object = {}) {
  return {
    id,
    name: id,
    attachment: false,
    reasoning: false,
    tool_call: true,
    release_date: '2026-01-02',
    open_weights: true,
    modalities: { input: ['text'], output: ['text'] },
    limit: { context: 100_000, output: 10_000 },
    ...(cost ? { cost } : {}),
    ...more,
  };
}

/** models.dev's data: models by provider of models.dev. */
export function base(providers: Record<string, ReturnType<typeof baseModel>[]>) {
  return Object.fromEntries(
    Object.entries(providers).map(([id, models]) => [
      id,
      { id, models: Object.fromEntries(models.map((model) => [model.id, model])) },
    ]),
  );
}

/** A model as OpenRouter lists it; prices are USD per token. */
export function listedModel(id: string, prompt: string, completion: string) {
  return {
    id,
    canonical_slug: id,
    name: `Vendor: ${id}`,
    created: 1_767_312_000,
    context_length: 100_000,
    architecture: { modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'] },
    pricing: { prompt, completion },
    top_provider: { context_length: 100_000, max_completion_tokens: 10_000, is_moderated: false },
    supported_parameters: ['tools', 'temperature'],
  };
}

/** A model as DeepInfra lists it; prices are USD per 1M tokens. */
export function ownModel(id: string, input: number, output: number) {
  return {
    id,
    object: 'model',
    created: 0,
    owned_by: 'deepinfra',
    root: id,
    parent: null,
    metadata: {
      description: '',
      context_length: 100_000,
      max_tokens: 10_000,
      pricing: { input_tokens: input, output_tokens: output },
      tags: [],
    },
  };
}

/** A registry without the shipped catalogue. */
export async function emptyRegistry(): Promise<void> {
  const tables = ['models', 'endpoints', 'prices', 'aliases', 'registry_changes', 'audit_log'];
  await bindings.DB.batch([
    ...tables.map((table) => bindings.DB.prepare(`DELETE FROM ${table}`)),
    bindings.DB.prepare("DELETE FROM registry_state WHERE name = 'synced'"),
    bindings.DB.prepare(
      "INSERT INTO registry_state (name, value) VALUES ('catalogue', '999') ON CONFLICT (name) DO UPDATE SET value = '999'",
    ),
  ]);
  forgetRegistry();
  await refreshRegistry(bindings);
}

/** Every row that a sync may write, as text. */
export async function everything(): Promise<string> {
  const tables = ['models', 'endpoints', 'prices', 'aliases', 'registry_changes', 'audit_log'];
  const results = await bindings.DB.batch([
    ...tables.map((table) => bindings.DB.prepare(`SELECT * FROM ${table} ORDER BY 1`)),
    bindings.DB.prepare("SELECT * FROM registry_state WHERE name != 'synced' ORDER BY 1"),
  ]);
  return JSON.stringify(results.map((result) => result.results));
}
