import { type ErrorCode, GatewayError } from '../../errors.ts';
import { readText } from '../../lib/read-text.ts';
import { isCredentialFault } from '../../providers/cool-down.ts';
import { isOwn } from '../../providers/credentials.ts';
import { hangsOnSecret } from '../../providers/variables.ts';
import type { FallbackTrigger } from '../../routing/policy/types.ts';
import type { RoutingReason } from '../../routing/reasons.ts';
import { mayRefuseSealed } from '../../wires/sealed.ts';
import { withoutSecret } from '../redact.ts';
import type { Cutoff } from '../relay/cutoff.ts';
import type { Candidate } from '../types.ts';

/** Of errors no more is read. */
const MAX_ERROR_BYTES = 256 * 1024;

/**
 * The provider's own failure, from an answer that is not 2xx.
 * @returns never throws: an answer that cannot be read is a failure as well.
 */
export async function readFailure(
  { wire }: Candidate,
  response: Response,
  cutoff: Cutoff,
  secret: string | null,
): Promise<GatewayError> {
  if (response.status < 400) {
    return new GatewayError('upstream_invalid_response', {
      message: 'The provider answered with a redirect, which is not followed.',
      upstream: { status: response.status },
    });
  }
  try {
    const text = await readText(response, MAX_ERROR_BYTES, { cut: true });
    return wire.readError(response.status, response.headers, withoutSecret(text, secret));
  } catch (cause) {
    return cutoff.explainRead(cause);
  }
}

/** What a failure is called where fallbacks are declared; null: no other endpoint can mend it. */
export function triggerOf(error: GatewayError): FallbackTrigger | null {
  switch (error.code) {
    case 'upstream_rate_limited':
    case 'upstream_overloaded':
      return 'rate_limit';
    case 'context_length_exceeded':
      return 'context_length';
    case 'content_filter':
      return 'content_filter';
    case 'unsupported_parameter':
      return 'error';
    default:
      return error.type === 'upstream_error' && error.retryable ? 'error' : null;
  }
}

/**
 * Whether a failure speaks against the endpoint, which all workspaces share: not one of the request, of a credential,
 * of a model that is loading, of reasoning that another has made, or of what belongs to a workspace's own account.
 */
export function isFaultOfEndpoint(
  error: GatewayError,
  { credential, provider }: Pick<Candidate, 'credential' | 'provider'>,
): boolean {
  return (
    error.type === 'upstream_error' &&
    error.code !== 'upstream_waking' &&
    error.code !== 'wake_timeout' &&
    !isCredentialFault(error) &&
    !mayRefuseSealed(error) &&
    !(isOwn(credential) && (error.code === 'upstream_model_not_found' || hangsOnSecret(provider)))
  );
}

export function reasonOf(code: ErrorCode): RoutingReason {
  switch (code) {
    case 'upstream_rate_limited':
    case 'upstream_overloaded':
      return 'fallback_rate_limited';
    case 'upstream_timeout':
      return 'fallback_timeout';
    case 'upstream_credentials_rejected':
      return 'fallback_credentials';
    case 'unsupported_parameter':
      return 'fallback_parameters';
    case 'context_length_exceeded':
      return 'fallback_context_length';
    case 'content_filter':
      return 'fallback_content_filter';
    case 'upstream_waking':
    case 'wake_timeout':
      return 'fallback_waking';
    default:
      return 'fallback_error';
  }
}

/** The overload of an endpoint that scales to zero: nobody is there yet. */
export function asleep({ retryAfterMs, upstream }: GatewayError): GatewayError {
  return new GatewayError('upstream_waking', {
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...(upstream === null ? {} : { upstream }),
  });
}
