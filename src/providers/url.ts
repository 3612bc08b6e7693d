import { GatewayError } from '../errors.ts';
import { isLoopback, isPublicHost } from './hosts.ts';
import { isVariable, PART } from './variables.ts';

/** The longest base URL that is accepted, characters. */
const MAX_LENGTH = 2048;

/**
 * Checks the base URL of a provider that is being registered, and answers it without trailing slashes.
 *
 * `{name}` parts may stand in it where they are variables of shipped providers; they stay as they are.
 * It must be https and public. In local mode private hosts are allowed, and http to this machine; private
 * hosts also, with http, where the operator says so for this provider. A name
 * that resolves to a private address cannot be seen here: Workers have no resolver, and Cloudflare's
 * network does not route to private addresses.
 * @throws GatewayError `invalid_value`, param `base_url`.
 */
export function checkBaseUrl(text: string, local: boolean, allowPrivate = false): string {
  if (text.length > MAX_LENGTH) throw refused(`is longer than ${MAX_LENGTH} characters`);
  const unknown = [...text.matchAll(PART)].find(([, name = '']) => !isVariable(name));
  if (unknown) throw refused(`holds ${unknown[0]}, which is not known`);
  // No value can change what is checked here: it has no `:`, `/`, `?`, `#` or `@`, and the name of a host
  // goes on behind it.
  const filled = text.replace(PART, 'x');
  if (!URL.canParse(filled)) throw refused('is not a URL');
  const url = new URL(filled);
  if (url.username !== '' || url.password !== '') throw refused('must not hold credentials; send `secret`');
  if (text.includes('?') || text.includes('#')) throw refused('must not have a query or a fragment');
  const { hostname, protocol } = url;
  if (protocol === 'http:') {
    const allowed = isLoopback(hostname) ? local || allowPrivate : allowPrivate && !isPublicHost(hostname);
    if (!allowed) throw refused('must be https');
  } else if (protocol !== 'https:') {
    throw refused('must be https');
  }
  if (!local && !allowPrivate && !isPublicHost(hostname)) {
    throw refused('must be a public host; `allow_private` lets the operator name another');
  }
  return (filled === text ? url.href : text).replace(/\/+$/, '');
}

function refused(why: string): GatewayError {
  return new GatewayError('invalid_value', { param: 'base_url', message: `base_url ${why}.` });
}
