import { ANSWERS, streamText } from '../../support/node/answers.ts';
import { answer, either, stream } from '../../support/node/scripts.ts';
import type { Received, Script } from '../../support/node/upstream.ts';
import {
  addModel,
  addProvider,
  type Caller,
  modelId,
  providerId,
  startWorld,
  type World,
} from '../../support/node/world.ts';

/** A world with a lane that serves when others fail. */
export async function worldWithSpare(): Promise<World> {
  const world = await startWorld();
  world.upstream.script('spare', fine);
  await addProvider(world, 'spare', 'openai');
  return world;
}

// 100 tokens in and 20 out at 2 and 10 USD per million: 400 000 nano-dollars.
export const SAYS = { text: ['Hello'], input: 100, output: 20 };
export const COST = 0.0004;
export const fine: Script = either(answer(ANSWERS.openai.whole(SAYS)), stream(streamText('openai', SAYS)));

export const secretIn = ({ headers }: Received): string =>
  String(headers.authorization).replace('Bearer ', '');

/** The secrets of the completions that a lane was asked for; checks ask for its models. */
export const sentTo = (world: World, lane: string): string[] =>
  world.upstream
    .received(lane)
    .filter(({ method }) => method === 'POST')
    .map(secretIn);

/** Answers by the secret that a request brings; who is not in the list is served. */
export function by(refused: Record<string, number>): Script {
  return (response, request) => {
    const status = refused[secretIn(request)];
    const script = status === undefined ? fine : answer({ error: { message: 'No.' } }, status);
    return script(response, request);
  };
}

/** A provider with these secrets, tried in this order, before one that is spare. */
export async function newLane(world: World, lane: string, secrets: readonly string[]): Promise<void> {
  await addProvider(world, lane, 'openai', { secret: null });
  for (const [priority, secret] of secrets.entries()) {
    await world.api('POST', `/api/providers/${providerId(lane)}/credentials`, { secret, priority });
  }
  await addModel(world, lane, [lane, 'spare']);
}

/** Asks the model of a lane. */
export const chat = (
  world: World,
  lane: string,
  { caller = world as Caller, streamed = false, more = {} } = {},
) =>
  caller.chat({
    model: modelId(lane),
    stream: streamed,
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 20,
    ...more,
  });

/** Gives a workspace a credential of its own for the provider that is a lane. */
export const bring = (world: World, caller: Caller, lane: string, secret: string, more: object = {}) =>
  world.api<{ id: string }>('POST', `/api/workspaces/${caller.workspace}/credentials`, {
    provider: providerId(lane),
    secret,
    ...more,
  });
