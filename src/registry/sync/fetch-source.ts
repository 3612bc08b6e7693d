import { type Json, parseJson } from '../../lib/json.ts';

/** How long a source may take, milliseconds. */
const TIMEOUT_MS = 30_000;

/** More than three times what the largest source sends today, bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Sent to every source. */
export const SOURCE_HEADERS = { accept: 'application/json', 'user-agent': 'interline' };

export type Fetcher = (url: string, init: RequestInit) => Promise<Response>;

/** A source that cannot be used: it did not answer, or not with what it should. */
export class SourceError extends Error {
  /** The HTTP status, where there was an answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

export interface SourceOptions {
  headers?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  mostBytes?: number;
}

/**
 * Reads a source's JSON. No redirect is followed, so what is sent along reaches no other host.
 * @throws SourceError, whose message holds nothing of what was sent or answered.
 */
export async function fetchSource(
  url: string,
  fetcher: Fetcher,
  { headers = {}, timeoutMs = TIMEOUT_MS, mostBytes = MOST_BYTES }: SourceOptions = {},
): Promise<Json> {
  try {
    const response = await fetcher(url, {
      headers: { ...SOURCE_HEADERS, ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new SourceError(`HTTP ${response.status}`, response.status);
    }
    const json = parseJson(await readText(response, mostBytes));
    if (json === undefined) throw new SourceError('no JSON');
    return json;
  } catch (thrown) {
    if (thrown instanceof SourceError) throw thrown;
    throw new SourceError(
      thrown instanceof Error && thrown.name === 'TimeoutError' ? 'timeout' : 'unreachable',
    );
  }
}

async function readText(response: Response, mostBytes: number): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let read = 0;
  for await (const chunk of response.body) {
    const bytes = chunk as Uint8Array;
    read += bytes.byteLength;
    if (read > mostBytes) throw new SourceError(`larger than ${mostBytes} bytes`);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}
