import type { Auth } from '../types.ts';
import { awsSigv4 } from './aws-sigv4.ts';
import { bearer } from './bearer.ts';
import { googleServiceAccount } from './google-service-account.ts';
import { header } from './header.ts';
import { query } from './query.ts';
import type { Outgoing } from './types.ts';

/**
 * The request as the provider takes it, with the secret. A promise only for the kinds that compute or
 * fetch something: the others cost the request no turn of the event loop.
 * @throws GatewayError `upstream_credentials_rejected` for a secret that is not what the kind takes.
 */
export function authorize(
  auth: Auth,
  secret: string | null,
  request: Outgoing,
): Outgoing | Promise<Outgoing> {
  if (secret === null) return request;
  switch (auth.kind) {
    case 'bearer':
      return bearer(auth, secret, request);
    case 'header':
      return header(auth, secret, request);
    case 'query':
      return query(auth, secret, request);
    case 'google-service-account':
      return googleServiceAccount(auth, secret, request);
    case 'aws-sigv4':
      return awsSigv4(auth, secret, request);
    case 'none':
      return request;
  }
}
