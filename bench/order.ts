import { type Shape, TOKENS } from './answers.ts';

/** Model ids at the gateway, one for each upstream format. */
export const MODELS = { openai: 'bench/pass-through', anthropic: 'bench/translated' } as const;

/** What the gateway charges for both, USD per 1M tokens. */
export const PRICE = { input: 0.15, output: 0.6 } as const;

/** What to ask a target for. */
export interface Order {
  path: string;
  body: Buffer;
  /** Of a stream; 0 is a whole answer. */
  events: number;
  /** What the gateway must charge for it, nano-USD. */
  charge: number;
}

/** What the answer is to be. */
export interface Wish {
  shape: Shape;
  /** Of a stream; 0 is a whole answer. */
  events: number;
  /** Between events; 0 is flat out. */
  everyMs: number;
  /** Characters of an image in the request; 0 is a prompt of 1 KB. */
  image: number;
}

/** The request for it: Chat Completions at the gateway, else the upstream's own format. */
export function order(target: 'direct' | 'bare' | 'gateway', { shape, events, everyMs, image }: Wish): Order {
  const text = `events=${events} every=${everyMs} image=${image}`;
  const content =
    image > 0
      ? [
          { type: 'text', text },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(image)}` } },
        ]
      : `${text} ${'Say it with many words. '.repeat(40)}`;
  const body = {
    model: target === 'gateway' ? MODELS[shape] : 'simulated',
    messages: [{ role: 'user', content }],
    max_tokens: 4096,
    ...(events > 0 ? { stream: true } : {}),
  };
  const upstreamPath = shape === 'openai' ? '/openai/v1/chat/completions' : '/anthropic/v1/messages';
  const output = events > 0 ? TOKENS.streamOutput : TOKENS.wholeOutput;
  return {
    path: target === 'gateway' ? '/v1/chat/completions' : upstreamPath,
    body: Buffer.from(JSON.stringify(body)),
    events,
    // A dollar per million tokens is 1000 nano-dollars per token.
    charge: Math.round((TOKENS.input * PRICE.input + output * PRICE.output) * 1000),
  };
}
