import type { ServerResponse } from 'node:http';
import { toFile } from 'openai';
import type { Received, Script } from './upstream.ts';
import { addModel, addProvider, type ModelOptions, modelId, startWorld, type World } from './world.ts';

/** A world with models that speak and listen. */
export async function startSoundWorld(): Promise<World> {
  const world = await startWorld();
  for (const lane of ['sound', 'sound-backup']) await addProvider(world, lane, 'openai');
  await addProvider(world, 'sound-events', 'openai', { quirks: { speech: { events: true } } });
  await addProvider(world, 'sound-mistral', 'openai', { quirks: { transcription: { format: 'none' } } });
  const tokens = { kind: 'speech', price: { input: 0.6, output: 12 } } as const;
  await addModel(world, 'tts', ['sound'], SPOKEN);
  await addModel(world, 'tts-tokens', ['sound-events'], tokens);
  await addModel(world, 'tts-unknown', ['sound'], tokens);
  const heard = {
    kind: 'transcription',
    price: { audio_minute: 0.006 },
    upstreamModel: 'whisper-1',
  } as const;
  await addModel(world, 'whisper', ['sound'], heard);
  await addModel(world, 'whisper-pair', ['sound', 'sound-backup'], heard);
  await addModel(world, 'transcribe', ['sound'], COUNTED);
  await addModel(world, 'voxtral', ['sound-mistral'], { ...heard, upstreamModel: 'voxtral-mini-latest' });
  return world;
}

export const SPOKEN: ModelOptions = { kind: 'speech', price: { characters: 15 } };
export const COUNTED: ModelOptions = {
  kind: 'transcription',
  price: { input: 2.5, output: 10, input_audio: 2.5 },
  upstreamModel: 'gpt-4o-transcribe',
};

/** Bytes that stand for sound. */
export const MP3 = Buffer.from(
  Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) & 255),
);

/** Answers a body. */
export function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Begins a stream of events; what it answers sends one. */
export function events(response: ServerResponse): (value: object) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (value) => void response.write(`data: ${JSON.stringify(value)}\n\n`);
}

/** Answers sound in pieces. */
export const inPieces: Script = (response) => {
  response.writeHead(200, { 'content-type': 'audio/mpeg' });
  for (let at = 0; at < MP3.length; at += 10_000) response.write(MP3.subarray(at, at + 10_000));
  response.end();
};

/** A field of a form that an upstream was sent. */
export function fieldOf({ body }: Received, name: string): string | undefined {
  return new RegExp(`name="${name.replace(/[[\]]/g, '\\$&')}"\r\n\r\n([^\r]*)\r\n`).exec(body)?.[1];
}

/** A file to be transcribed that does not tell how long it is. */
export function recording(size = 8_000): Promise<File> {
  return toFile(Buffer.alloc(size, 'RIFF'), 'speech.mp3') as Promise<File>;
}

/** What Whisper answers. */
export const VERBOSE = {
  task: 'transcribe',
  language: 'english',
  duration: 8.47,
  text: 'The beach. The sea.',
  segments: [
    { id: 0, start: 0, end: 3.3199, text: ' The beach.' },
    { id: 1, start: 3.3199, end: 3671.5, text: ' The sea.' },
  ].map((segment) => ({
    ...segment,
    seek: 0,
    tokens: [50364],
    temperature: 0,
    avg_logprob: -0.3,
    compression_ratio: 1.2,
    no_speech_prob: 0.01,
  })),
};
export const verbose: Script = (response) => json(response, VERBOSE);

/** A model whose first endpoint does this, and whose second answers. Endpoints that failed before are not asked first. */
export async function failingFirst(
  world: World,
  name: string,
  options: ModelOptions,
  script: Script,
  backup: Script,
): Promise<string> {
  await addProvider(world, name, 'openai');
  await addModel(world, name, [name, 'sound-backup'], options);
  world.upstream.script(name, script);
  world.upstream.script('sound-backup', backup);
  return modelId(name);
}
