import type { ServerResponse } from 'node:http';
import { addModel, addProvider, startWorld, type World } from '../support/node/world.ts';

/** A world with models that draw, each in lanes of its own. */
export async function worldOfImages(): Promise<World> {
  const world = await startWorld();
  for (const lane of ['edit-openai', 'edit-backup']) await addProvider(world, lane, 'openai');
  await addProvider(world, 'edit-google', 'google');
  const kind = 'image';
  const price = { input: 5, output: 0, input_image: 10, output_image: 40 };
  const gpt = { kind, price, upstreamModel: 'gpt-image-2' } as const;
  await addModel(world, 'edit-gpt', ['edit-openai'], gpt);
  for (const pair of ['edit-pair', 'edit-other-pair'])
    await addModel(world, pair, ['edit-openai', 'edit-backup'], gpt);
  await addModel(world, 'edit-plain', ['edit-openai'], {
    kind,
    price: { image: 0.04 },
    upstreamModel: 'flux',
  });
  await addModel(world, 'edit-gemini', ['edit-google'], {
    kind,
    price: { image: 0.04 },
    upstreamModel: 'gemini-2.5-flash-image',
  });
  return world;
}

export const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 1, 2, 0xff]);
export const BASE64 = PNG.toString('base64');
export const USAGE = {
  total_tokens: 1070,
  input_tokens: 70,
  output_tokens: 1000,
  input_tokens_details: { text_tokens: 10, image_tokens: 60 },
};
/** 10 × 5 + 60 × 10 + 1,000 × 40, in millionths of a dollar. */
export const COST = 0.04065;

export const json = (response: ServerResponse, body: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
/** One picture as a whole answer. */
export const whole = (response: ServerResponse): void =>
  json(response, { created: 1, data: [{ b64_json: BASE64 }], usage: USAGE });

/** The parts of a form as the upstream got it. */
export async function formOf(world: World, lane: string): Promise<FormData> {
  const [sent] = world.upstream.received(lane);
  if (!sent) throw new Error(`Nothing came to ${lane}`);
  const type = String(sent.headers['content-type']);
  return await new Response(new Uint8Array(sent.bytes), { headers: { 'content-type': type } }).formData();
}
