/** One chunk as a client reads it, loosely. */
export interface Chunk {
  id?: string;
  object?: string;
  model?: string;
  created?: number;
  choices: {
    index: number;
    delta: { content?: string | null; tool_calls?: unknown[]; reasoning?: string };
    finish_reason: string | null;
  }[];
  usage?: Record<string, unknown> | null;
  error?: { code: string; type: string; message: string; request_id: string };
  credits_used?: number | null;
  credits_unknown?: string;
  model_used?: string;
  provider_used?: string;
  fallback_from?: string[];
}

/** A stream as it came, read strictly. */
export interface Stream {
  chunks: Chunk[];
  text: string;
  finish: string[];
  /** How it ended by the contract of docs/streaming.md. */
  ending: 'credits' | 'error';
  /** The chunk before `[DONE]`. */
  last: Chunk;
}

/**
 * Reads a stream as the contract has it: `data: {…}` events and comments, then one ending, then `[DONE]`.
 * @throws Error for anything else: a second ending, words behind it, or none.
 */
export async function readStream(response: Response): Promise<Stream> {
  const raw = await response.text();
  if (response.status !== 200) throw new Error(`No stream but ${response.status}: ${raw}`);
  if (!raw.endsWith('\n\n')) throw new Error(`The stream is cut: ${raw.slice(-200)}`);
  const events = raw
    .slice(0, -2)
    .split('\n\n')
    .filter((event) => !event.startsWith(':'));
  if (events.pop() !== 'data: [DONE]') throw new Error(`The last event is not [DONE]: ${raw.slice(-300)}`);
  const chunks = events.map((event) => {
    if (!/^data: \{[^\n]*\}$/.test(event)) throw new Error(`Not an event of one line: ${event}`);
    return JSON.parse(event.slice(6)) as Chunk;
  });
  const endings = chunks.filter((chunk) => 'credits_used' in chunk || chunk.error !== undefined);
  const last = chunks.at(-1);
  if (!last || endings.length !== 1 || endings[0] !== last)
    throw new Error(`${endings.length} endings, or one that is not last: ${raw.slice(-600)}`);
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const finish = choices.flatMap((choice) => choice.finish_reason ?? []);
  const ending = last.error === undefined ? 'credits' : 'error';
  if (ending === 'error' && finish.at(-1) !== 'error') throw new Error('The error chunk does not say so');
  if (ending === 'credits' && (finish.length === 0 || finish.includes('error')))
    throw new Error('It ends as whole but has no finish reason');
  return { chunks, text: choices.map((choice) => choice.delta.content ?? '').join(''), finish, ending, last };
}
