import { readListedEndpoints } from './canonical.ts';
import { type Fetcher, fetchSource, SourceError } from './fetch-source.ts';
import type { ListedEndpoint } from './types.ts';

/** So many models are asked about at once. */
const AT_ONCE = 5;

/** By our provider id. */
export type Listed = ReadonlyMap<string, readonly ListedEndpoint[]> | 'unlisted' | 'failed';

/** Asks OpenRouter for the endpoints of models, by its names, no model twice. */
export type ListedEndpoints = (names: readonly string[]) => Promise<ReadonlyMap<string, Listed>>;

/** @param base OpenRouter's API, without a slash at the end. */
export function listedEndpointsOf(base: string, fetcher: Fetcher): ListedEndpoints {
  const known = new Map<string, Listed>();
  return async (names) => {
    const asked = names.filter((name) => !known.has(name));
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      const some = asked.slice(at, at + AT_ONCE);
      const answers = await Promise.all(
        some.map((name) => readListed(`${base}/models/${name}/endpoints`, fetcher)),
      );
      for (const [index, name] of some.entries()) known.set(name, answers[index] ?? 'failed');
    }
    return known;
  };
}

async function readListed(url: string, fetcher: Fetcher): Promise<Listed> {
  try {
    return readListedEndpoints(await fetchSource(url, fetcher));
  } catch (thrown) {
    return thrown instanceof SourceError && thrown.status === 404 ? 'unlisted' : 'failed';
  }
}
