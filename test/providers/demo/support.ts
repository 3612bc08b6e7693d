import { vi } from 'vitest';
import type { JsonObject } from '../../../src/lib/json.ts';
import { demoFetch } from '../../../src/providers/demo/index.ts';

export const URL_OF_CHAT = 'https://demo.interline.invalid/v1/chat/completions';

/** A chat completion request, the message said by the user. */
export function chat(model: string, content: string, more: JsonObject = {}, signal?: AbortSignal): Request {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], ...more });
  return new Request(URL_OF_CHAT, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    ...(signal && { signal }),
  });
}

/** What a part of an answer looks like, as far as the tests read it. */
export interface Answer {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: {
    index: number;
    finish_reason: string | null;
    message: { role: string; content: string | null; reasoning_content?: string; tool_calls?: ToolCall[] };
    delta: { role?: string; content?: string; reasoning_content?: string; tool_calls?: ToolCall[] };
  }[];
  usage?: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details: { cached_tokens: number };
    completion_tokens_details: { reasoning_tokens: number };
  } | null;
  error?: { message: string; type: string; param: string | null; code: string | null };
}

export interface ToolCall {
  index?: number;
  id?: string;
  type?: string;
  function: { name?: string; arguments: string };
}

/** Sends a request and lets the time pass that its answer takes. Needs fake timers. */
export async function ask(request: Request): Promise<{ response: Response; body: Answer }> {
  const pending = demoFetch(request);
  // A rejection is the test's to see, below, not the runner's to find unhandled.
  pending.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(200_000);
  const response = await pending;
  return { response, body: await response.json<Answer>() };
}

/** The data of every event of a streamed answer, and how each came in time. Needs fake timers. */
export async function askStream(
  request: Request,
): Promise<{ chunks: Answer[]; done: boolean; atMs: number[] }> {
  const startedAt = Date.now();
  const response = await demoFetch(request);
  if (response.headers.get('content-type') !== 'text/event-stream; charset=utf-8') {
    throw new Error(`not a stream: ${response.status} ${await response.text()}`);
  }
  const chunks: Answer[] = [];
  const atMs: number[] = [];
  let done = false;
  const reading = (async () => {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const read = await reader.read();
      if (read.done) return;
      for (const event of decoder.decode(read.value).split('\n\n')) {
        if (event === '') continue;
        if (done || !event.startsWith('data: ')) throw new Error(`unexpected event: ${event}`);
        if (event === 'data: [DONE]') done = true;
        else {
          chunks.push(JSON.parse(event.slice(6)) as Answer);
          atMs.push(Date.now() - startedAt);
        }
      }
    }
  })();
  reading.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(200_000);
  await reading;
  return { chunks, done, atMs };
}

/** The text of all deltas of one choice. */
export function textOf(chunks: Answer[], choice = 0): string {
  return deltas(chunks, choice)
    .map((delta) => delta.content ?? '')
    .join('');
}

/** The deltas of one choice, in order. */
export function deltas(chunks: Answer[], choice = 0): Answer['choices'][number]['delta'][] {
  return chunks.flatMap((chunk) => chunk.choices.filter((c) => c.index === choice).map((c) => c.delta));
}

/** The finish reasons that were given, of all choices. */
export function finishReasons(chunks: Answer[]): string[] {
  return chunks.flatMap((chunk) => chunk.choices.flatMap((c) => (c.finish_reason ? [c.finish_reason] : [])));
}
