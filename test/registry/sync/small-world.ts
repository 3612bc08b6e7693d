import { refreshRegistry } from '../../../src/registry/load.ts';
import { syncRegistry } from '../../../src/registry/sync/sync.ts';
import {
  BASE,
  base,
  baseModel,
  bindings,
  CANONICAL,
  DEEPINFRA,
  fetcherOf,
  listedModel,
  ownModel,
  type World,
} from './world.ts';

/** A vendor's own model, and an open one at a host and at the reseller. USD per 1M tokens. */
export function world(): World {
  return {
    [BASE]: base({
      openai: [baseModel('gpt-9', { input: 2.5, output: 10, cache_read: 0.25 }, { open_weights: false })],
      deepinfra: [baseModel('Qwen/Qwen9-Max', { input: 0.4, output: 1.2 })],
      openrouter: [baseModel('qwen/qwen9-max', { input: 0.5, output: 1.5 })],
    }),
    [CANONICAL]: {
      data: [
        listedModel('openai/gpt-9', '0.0000025', '0.00001'),
        listedModel('qwen/qwen9-max', '0.0000005', '0.0000015'),
      ],
    },
    [DEEPINFRA]: { object: 'list', data: [ownModel('Qwen/Qwen9-Max', 0.4, 1.2)] },
  };
}

export const sync = (of: World, options: object = {}) =>
  syncRegistry(bindings, 'operator', { fetcher: fetcherOf(of).fetcher, ...options });

export const endpointOf = async (id: string) => {
  const registry = await refreshRegistry(bindings);
  return registry.endpoints(id.slice(0, id.indexOf('@'))).find((endpoint) => endpoint.id === id);
};

export const QWEN = 'qwen/qwen9-max@deepinfra';
export const LISTED_QWEN = `${CANONICAL}/qwen/qwen9-max/endpoints`;

/** The world with another price of the open model at its host. */
export function priced(input: number, output: number): World {
  const changed = world();
  changed[BASE] = base({
    openai: [baseModel('gpt-9', { input: 2.5, output: 10, cache_read: 0.25 }, { open_weights: false })],
    deepinfra: [baseModel('Qwen/Qwen9-Max', { input, output })],
    openrouter: [baseModel('qwen/qwen9-max', { input: 0.5, output: 1.5 })],
  });
  changed[DEEPINFRA] = { object: 'list', data: [ownModel('Qwen/Qwen9-Max', input, output)] };
  return changed;
}
