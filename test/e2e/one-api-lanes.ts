import { ownModel } from '../support/node/own-model.ts';
import { addProvider, startWorld, type World } from '../support/node/world.ts';

/** A world with lanes for models that answer at one endpoint alone. */
export async function worldOfOneApi(): Promise<World> {
  const world = await startWorld();
  for (const lane of ['pro', 'instruct', 'spare']) await addProvider(world, lane, 'openai');
  return world;
}

const CAPABILITIES: Readonly<Record<string, object>> = {
  pro: { api: 'responses', reasoning: true, tools: true },
  instruct: { api: 'completions' },
};

/** A model of its own for each test, of which each lane can what it can. */
export const modelAt = (world: World, ...lanes: string[]): Promise<string> =>
  ownModel(world, lanes, { capabilities: (lane) => CAPABILITIES[lane] ?? {} });

/** The last request that a lane got. */
export const sentTo = (world: World, lane: string) => world.upstream.received(lane).at(-1);

export const QUESTION = [{ role: 'user' as const, content: 'Hi' }];
