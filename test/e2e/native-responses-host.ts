import { readFileSync } from 'node:fs';
import { addProvider, startWorld, type World } from '../support/node/world.ts';

/** A world with a lane that speaks the API itself, and seals its reasoning. */
export async function worldOfResponses(): Promise<World> {
  const world = await startWorld();
  await addProvider(world, 'speaks', 'openai', { quirks: { responses: { sealsReasoning: true } } });
  return world;
}

/** The stream of a recorded response. */
export const recorded = (name: string): string =>
  readFileSync(`test/fixtures/responses/${name}/stream.txt`, 'utf8');

/** What every response of the host has. */
const SHELL = {
  object: 'response',
  created_at: Math.floor(Date.now() / 1000),
  model: 'up-model-1',
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  temperature: 1,
  top_p: 1,
  store: false,
  previous_response_id: null,
};

/** An item of the output. */
export const message = (text: string, id = 'msg_up1') => ({
  id,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});

/** A response with these items. */
export const whole = (...output: object[]) => ({
  id: 'resp_up1',
  ...SHELL,
  status: 'completed',
  output,
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 120,
  },
});

/** Events of a response that says this, as far as its words. */
export function spoken(...pieces: string[]): string {
  let number = 0;
  const event = (type: string, more: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more, sequence_number: number++ })}\n\n`;
  const place = { item_id: 'msg_up1', output_index: 0, content_index: 0 };
  const begun = { id: 'resp_up1', ...SHELL, status: 'in_progress', output: [] };
  const item = { ...message(''), status: 'in_progress', content: [] };
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
  return [
    event('response.created', { response: begun }),
    event('response.in_progress', { response: begun }),
    event('response.output_item.added', { output_index: 0, item }),
    event('response.content_part.added', { ...place, part }),
    ...pieces.map((delta) => event('response.output_text.delta', { ...place, delta, logprobs: [] })),
  ].join('');
}

/** POST /v1/responses with the body as it is spelled. */
export const post = (world: World, text: string): Promise<Response> =>
  world.fetch('/v1/responses', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });

/** The last request that a lane got. */
export const sentTo = (world: World, lane: string) => world.upstream.received(lane).at(-1);
