import type { Env } from '../../env.ts';

/** Links hold for an hour: a day later nobody has a use for what they led to. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** So many objects are looked at in one run: R2 lists a thousand at a time. */
const PAGES = 10;

/** Where the last run stopped. */
const MARK = 'images-swept';

/** `<workspace>/images/<name>`; whatever else is in the bucket is not ours to delete. */
const IMAGE = /^[^/]+\/images\/[^/]+$/;

/**
 * Deletes pictures that nobody has a link to any more, some at a time: each run goes on where the last one stopped.
 * @param now Unix milliseconds.
 * @returns how many were deleted.
 */
export async function sweepImages({ FILES }: Env, now: number): Promise<number> {
  let after = (await (await FILES.get(MARK))?.text()) ?? '';
  let deleted = 0;
  for (let page = 0; page < PAGES; page++) {
    const { objects, truncated } = await FILES.list(after === '' ? {} : { startAfter: after });
    const old = objects.filter(({ key, uploaded }) => IMAGE.test(key) && now - uploaded.getTime() > KEPT_MS);
    if (old.length > 0) await FILES.delete(old.map(({ key }) => key));
    deleted += old.length;
    after = truncated ? (objects.at(-1)?.key ?? '') : '';
    if (!truncated) break;
  }
  await FILES.put(MARK, after);
  return deleted;
}
