import type { GatewayError } from '../errors.ts';
import { LruMap } from '../lib/lru.ts';

/** After 401, 402 and 403: somebody has to act before the credential is good again. */
const REJECTED_MS = 10 * 60_000;

/** After a 429 that does not say how long. */
const LIMITED_MS = 30_000;

/** What a provider may ask for at most. */
const LONGEST_MS = 60 * 60_000;

const MAX_CREDENTIALS = 5000;

/** Until when credentials rest, Unix milliseconds, by id. Learned here, or told by other isolates. */
const resting = new LruMap<string, number>(MAX_CREDENTIALS);

/** What was learned here and has not been asked for yet; 0: it rests no longer. */
const news = new Map<string, number>();

/** Whether a failure is the credential's: another of the same provider may do better. */
export function isCredentialFault({ code }: GatewayError): boolean {
  return code === 'upstream_credentials_rejected' || code === 'upstream_rate_limited';
}

/** Lets a credential rest after a failure that is its own; what is not, changes nothing. */
export function coolDown(credentialId: string, error: GatewayError, now: number): void {
  if (!isCredentialFault(error)) return;
  const ms =
    error.code === 'upstream_rate_limited'
      ? Math.min(error.retryAfterMs ?? LIMITED_MS, LONGEST_MS)
      : REJECTED_MS;
  resting.set(credentialId, now + ms);
  tell(credentialId, now + ms);
}

/** A credential that has just served rests no longer. */
export function warmUp(credentialId: string): void {
  if (resting.size === 0 || resting.get(credentialId) === undefined) return;
  resting.delete(credentialId);
  tell(credentialId, 0);
}

/** What this isolate has learned since it was last asked: until when, Unix milliseconds; 0 is no longer. */
export function coolDownNews(): { credential: string; until: number }[] {
  if (news.size === 0) return [];
  const told = [...news].map(([credential, until]) => ({ credential, until }));
  news.clear();
  return told;
}

/** Takes over what another isolate has learned; 0 is that the credential rests no longer. */
export function takeOverCoolDown(credentialId: string, until: number): void {
  if (until === 0) resting.delete(credentialId);
  else if (until > restsUntil(credentialId)) resting.set(credentialId, until);
}

function tell(credentialId: string, until: number): void {
  if (news.size < MAX_CREDENTIALS) news.set(credentialId, until);
}

/** Until when a credential rests, Unix milliseconds; 0 when it does not. */
export function restsUntil(credentialId: string): number {
  return resting.size === 0 ? 0 : (resting.get(credentialId) ?? 0);
}
