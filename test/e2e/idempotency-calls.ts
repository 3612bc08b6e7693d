import type OpenAI from 'openai';
import { ANSWERS } from '../support/node/answers.ts';
import type { Script } from '../support/node/upstream.ts';
import { modelId, type World } from '../support/node/world.ts';

export const SAYS = { text: ['One, ', 'two, ', 'three.'], input: 100, output: 20 };
/** 100 × 2 + 20 × 10 USD per million. */
export const COST = 0.0004;

/** A request, by the name that the model has in the file that asks. */
export const newBody = () => ({
  model: modelId('openai'),
  messages: [{ role: 'user', content: 'Count.' }] satisfies OpenAI.ChatCompletionMessageParam[],
});

let keys = 0;
/** A key that no other test has. */
export const newIdempotencyKey = (): string => `key-${++keys}`;
/** Headers with an idempotency key. */
export const withKey = (key: string, more: Record<string, string> = {}) => ({
  headers: { 'idempotency-key': key, ...more },
});

/** How often the provider was asked. */
export const asked = (world: World) => world.upstream.received('openai').length;

/** Waits for what the upstream was told to do. */
export function gate(): { open(): void; opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

/** A stream that says its first words, and the rest when it is told to. */
export function streamInTurns(opened: Promise<void>): Script {
  const { head, finish, tail } = ANSWERS.openai.stream(SAYS);
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of head.slice(0, 2)) response.write(event);
    await opened;
    for (const event of [...head.slice(2), ...finish, ...tail]) response.write(event);
    response.end();
  };
}
