import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WIRES } from '../../support/node/fixtures.ts';
import { receiptById, untilBalance } from '../../support/node/receipts.ts';
import { modelId, newCaller, PRICE, startWorld, type World } from '../../support/node/world.ts';
import { chatConversation } from './chat.ts';
import { messagesConversation } from './messages.ts';
import { responsesConversation } from './responses.ts';
import { type Conversation, FIXED, PLAN, RAMBLING_AT, scriptAgent, type Turn, Workshop } from './workshop.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

type Begin = (key: string, model: string, task: string) => Conversation;
const openai = (apiKey: string) =>
  new OpenAI({ baseURL: `${world.gateway.origin}/v1`, apiKey, maxRetries: 0 });
const anthropic = (apiKey: string) =>
  new Anthropic({ baseURL: world.gateway.origin, apiKey, authToken: null, maxRetries: 0 });
const APIS: readonly (readonly [string, Begin])[] = [
  ['/v1/chat/completions', (key, model, task) => chatConversation(openai(key), model, task)],
  ['/v1/messages', (key, model, task) => messagesConversation(anthropic(key), model, task)],
  ['/v1/responses', (key, model, task) => responsesConversation(openai(key), model, task)],
];

/** Works until the model has nothing more to do; leaves once in the middle of a turn and asks for it again. */
async function work(
  conversation: Conversation,
  workshop: Workshop,
  onLeft: (id: string) => void,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (;;) {
    if (turns.length === RAMBLING_AT) onLeft(await conversation.leave());
    const turn = await conversation.ask();
    turns.push(turn);
    if (!turn.call) return turns;
    conversation.tell(turn.call, workshop.run(turn.call));
  }
}

describe.each(APIS)('a coding agent on %s', (_, begin) => {
  test.each(WIRES)('mends a file through the %s wire', async (wire) => {
    const caller = await newCaller(world);
    scriptAgent(world, wire);
    const workshop = new Workshop();
    let left = '';
    let ended: Promise<void> | undefined;
    const turns = await work(begin(caller.key, modelId(wire), 'The tests fail.'), workshop, (id) => {
      left = id;
      ended = world.upstream.received(wire).at(-1)?.closed;
    });

    expect(workshop.calls).toEqual(
      PLAN.flatMap(({ call }) => (call ? [{ name: call.name, arguments: call.arguments }] : [])),
    );
    expect(workshop.files.get(FIXED.path)).toBe(FIXED.text);
    expect(turns.map(({ text }) => text)).toEqual(PLAN.map(({ text }) => text?.join('') ?? ''));

    // The turn that was left was ended at the provider too.
    await ended;
    const received = world.upstream.received(wire);
    expect(received).toHaveLength(PLAN.length + 1);
    // All that was read stands in the last request, to the letter.
    const { body } = received.at(-1) ?? { body: '' };
    for (const text of new Workshop().files.values())
      expect(body).toContain(JSON.stringify(text).slice(1, -1));

    // What was charged is what the turns cost, that which was left as far as it came.
    const receipts = await Promise.all(turns.map(({ id }) => receiptById(caller, generationOf(id))));
    for (const [step, { status, credits_used }] of receipts.entries()) {
      expect(status).toBe('completed');
      expect(credits_used).toBe((1_000 * (step + 1) * PRICE.input + 10 * PRICE.output) / 1e6);
    }
    const cut = await receiptById(caller, generationOf(left));
    expect(cut).toMatchObject({ status: 'client_closed_request', usage: { estimated: true } });
    const cost = [...receipts, cut].reduce((sum, { credits_used }) => sum + (credits_used ?? 0), 0);
    const rest = Math.round((100 - cost) * 1e9) / 1e9;
    expect(await untilBalance(world, caller, rest)).toBe(rest);
  });
});

/** The id of the receipt: in Responses ids have another prefix. */
function generationOf(id: string): string {
  return id.replace(/^resp_/, 'gen_');
}
