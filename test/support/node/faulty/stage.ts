import { randomBytes } from 'node:crypto';
import type { WireName } from '../fixtures.ts';
import type { GatewayKind } from '../gateway.ts';
import { type Caller, newCaller, PRICE, startWorld, type World } from '../world.ts';
import { type FaultyProvider, type SeenAttempt, startFaultyProvider } from './provider.ts';

/** An endpoint to be tried, of which nobody knows anything yet. */
export interface Part {
  /** What it does wrong, as in `slow-300+cut-3`. */
  fault: string;
  wire?: WireName;
  /** USD per 1M tokens. */
  price?: object;
  scalesToZero?: boolean;
}

/** A model with its endpoints, in the order in which they are tried. */
export interface Cast {
  /** The model's canonical id. */
  model: string;
  /** Endpoint and provider ids. */
  endpoints: string[];
  providers: string[];
  /** What the endpoint in this place was sent. */
  seen(place: number): SeenAttempt[];
}

/** Providers that break on purpose, behind a gateway. */
export interface Stage extends World {
  simulator: FaultyProvider;
  /** Makes a model of new endpoints: circuits and credentials are remembered between requests. */
  cast(parts: readonly (string | Part)[], contextLength?: number): Promise<Cast>;
  /** Somebody whose ledger has nothing of others. */
  newCaller(): Promise<Caller>;
}

export async function startStage(kind: Exclude<GatewayKind, 'paying'> = 'patient'): Promise<Stage> {
  const [world, simulator] = await Promise.all([startWorld(kind), startFaultyProvider()]);
  const name = (): string => `c${randomBytes(5).toString('hex')}`;
  const made = new Map<string, Promise<string>>();
  /** Circuits are those of endpoints, so that models may share a provider; a limit rests on its credential. */
  const providerOf = ({ fault, wire = 'openai' }: Part, place: number): Promise<string> => {
    const purpose = /limit|wait|chaos/.test(fault) ? name() : `${wire}-${place}`;
    const provider = made.get(purpose) ?? addProvider(wire);
    made.set(purpose, provider);
    return provider;
  };
  async function addProvider(wire: WireName): Promise<string> {
    const provider = name();
    const secret = `sk-${randomBytes(8).toString('hex')}`;
    await world.api('PUT', `/api/providers/${provider}`, { base_url: simulator.url(wire), wire, secret });
    return provider;
  }
  return {
    ...world,
    simulator,
    newCaller: () => newCaller(world),
    async cast(parts, contextLength = 100_000) {
      const tag = name();
      const adding = parts.map(async (given, place) => {
        const part: Part = typeof given === 'string' ? { fault: given } : given;
        const provider = await providerOf(part, place);
        return { ...part, provider, upstreamModel: `${part.fault}.${tag}${place}` };
      });
      const endpoints = await Promise.all(adding);
      const model = `${tag}/model`;
      await world.api('PUT', `/api/models/${encodeURIComponent(model)}`, {
        name: tag,
        kind: 'chat',
        context_length: contextLength,
        endpoints: endpoints.map(({ provider, upstreamModel, price = PRICE, scalesToZero }) => ({
          provider,
          upstream_model: upstreamModel,
          price,
          capabilities: {},
          ...(scalesToZero === undefined ? {} : { scales_to_zero: scalesToZero }),
        })),
      });
      return {
        model,
        endpoints: endpoints.map(({ provider }) => `${model}@${provider}`),
        providers: endpoints.map(({ provider }) => provider),
        seen: (place) => simulator.seen(endpoints[place]?.upstreamModel ?? ''),
      };
    },
    async stop() {
      await Promise.all([world.stop(), simulator.stop()]);
    },
  };
}

/** Pauses between attempts, milliseconds. */
export function gaps(attempts: readonly SeenAttempt[]): number[] {
  return attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.at ?? 0));
}
