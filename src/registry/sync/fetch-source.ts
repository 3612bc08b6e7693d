import { type Json, parseJson } from '../../lib/json.ts';

/** How long a source may take, milliseconds. */
const TIMEOUT_MS = 30_000;

/** More than three times what the largest source sends today, bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

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

/** Reads a source's JSON. No credentials travel, and no redirect is followed. @throws SourceError. */
export async function fetchSource(url: string, fetcher: Fetcher): Promise<Json> {
  try {
    const response = await fetcher(url, {
      headers: { accept: 'application/json', 'user-agent': 'interline' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new SourceError(`HTTP ${response.status}`, response.status);
    }
    const json = parseJson(await readText(response));
    if (json === undefined) throw new SourceError('no JSON');
    return json;
  } catch (thrown) {
    if (thrown instanceof SourceError) throw thrown;
    throw new SourceError(
      thrown instanceof Error && thrown.name === 'TimeoutError' ? 'timeout' : 'unreachable',
    );
  }
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let read = 0;
  for await (const chunk of response.body) {
    const bytes = chunk as Uint8Array;
    read += bytes.byteLength;
    if (read > MOST_BYTES) throw new SourceError(`larger than ${MOST_BYTES} bytes`);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}
