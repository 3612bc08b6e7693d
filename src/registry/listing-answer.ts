import { hash } from 'node:crypto';
import type { Env } from '../env.ts';
import { LruMap } from '../lib/lru.ts';
import { type Listed, listServable } from './listing.ts';
import { type Paging, pageOf } from './page.ts';
import type { Registry } from './snapshot.ts';
import type { SealedCredential } from './types.ts';

/** A body that is made once and sent many times. */
export interface PreparedJson {
  text: string;
  /** Strong: equal for equal bodies only. */
  etag: string;
}

/** So many different lists are kept of one registry: callers differ in what they may see and ask for. */
const KEPT = 50;

const prepared = new WeakMap<Registry, LruMap<string, PreparedJson>>();

/** Which models a list holds. */
export interface Selection {
  /** The workspace's own credentials: they make more models servable. */
  own: readonly SealedCredential[];
  /**
   * Says what `accept` accepts: lists with equal keys and credentials for the same providers are one. Null where it
   * accepts now this and now that: such a list is made each time.
   */
  key: string | null;
  accept: (listed: Listed) => boolean;
  paging: Paging;
}

/** The list of the models that can be served now and pass, as a body. @throws GatewayError `invalid_value`. */
export function listingAnswer(
  registry: Registry,
  env: Env,
  { own, key, accept, paging }: Selection,
): PreparedJson {
  const providers = [...new Set(own.map(({ provider }) => provider))].sort().join();
  const name = `${providers} ${key}`;
  const kept = prepared.get(registry) ?? new LruMap<string, PreparedJson>(KEPT);
  prepared.set(registry, kept);
  const known = key === null ? undefined : kept.get(name);
  if (known) return known;
  const accepted = listServable(registry, env, own).filter(accept);
  const page = pageOf(
    accepted.map(({ entry }) => entry),
    paging,
  );
  const answer = prepareJson({ object: 'list', ...page });
  if (key !== null) kept.set(name, answer);
  return answer;
}

export function prepareJson(value: object): PreparedJson {
  const text = JSON.stringify(value);
  return { text, etag: `"${hash('sha256', text).slice(0, 32)}"` };
}

/** Whether the client has this body already: RFC 9110, 13.1.2; weak comparison. */
export function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch
    .split(',')
    .map((candidate) => candidate.trim().replace(/^W\//, ''))
    .some((candidate) => candidate === '*' || candidate === etag);
}
