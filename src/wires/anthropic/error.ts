import { type ErrorCode, GatewayError, type UpstreamFault } from '../../errors.ts';
import { asObject, asString, type JsonObject, parseJson } from '../../lib/json.ts';

/** By `error.type` (https://platform.claude.com/docs/en/api/errors). */
const BY_TYPE: Readonly<Record<string, ErrorCode>> = {
  invalid_request_error: 'upstream_invalid_request',
  authentication_error: 'upstream_credentials_rejected',
  billing_error: 'upstream_credentials_rejected',
  permission_error: 'upstream_credentials_rejected',
  not_found_error: 'upstream_model_not_found',
  request_too_large: 'request_too_large',
  rate_limit_error: 'upstream_rate_limited',
  timeout_error: 'upstream_timeout',
  api_error: 'upstream_error',
  overloaded_error: 'upstream_overloaded',
  conflict_error: 'upstream_error',
};

/** Statuses that say more than the type beside them. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream_credentials_rejected',
  402: 'upstream_credentials_rejected',
  403: 'upstream_credentials_rejected',
  408: 'upstream_timeout',
  409: 'upstream_error',
  413: 'request_too_large',
  429: 'upstream_rate_limited',
  503: 'upstream_overloaded',
  504: 'upstream_timeout',
  529: 'upstream_overloaded',
};

/** `error.details.error_code`s that speak of the account behind the key, not of the request. */
const ACCOUNT_CODES: ReadonlySet<string> = new Set([
  'claude_code_key_creator_not_member',
  'cmek_key_disabled',
  'cmek_key_network_blocked',
  'contract_spend_limit_reached',
  'enforced_spend_limit_reached',
  'linked_organization_billing_unavailable',
  'linked_organization_spend_limit_reached',
  'organization_on_hold',
  'organization_type_not_supported',
]);

const SHOWN: ReadonlySet<ErrorCode> = new Set(['upstream_invalid_request', 'request_too_large']);

const RAW_LIMIT = 1024;

/** Maps an answer that is not 2xx. The provider's message is shown only for faults of the request. */
export function readError(status: number, headers: Headers, body: string): GatewayError {
  const parsed = asObject(parseJson(body));
  return toError(status, asObject(parsed?.error), body, retryAfterMs(headers));
}

/** Maps the `error` member of an error body or of an error event; status 200 means inside a stream. */
export function toError(
  status: number,
  error: JsonObject | undefined,
  body: string,
  retryAfter: number | null = null,
): GatewayError {
  const type = asString(error?.type);
  const code = asString(asObject(error?.details)?.error_code);
  const message = asString(error?.message);
  const upstream: UpstreamFault = { status, body: body.slice(0, RAW_LIMIT) };
  if (type !== undefined) upstream.type = type;
  if (code !== undefined) upstream.code = code;
  const mapped = mapCode(status, type, code);
  return new GatewayError(mapped, {
    upstream,
    ...(message && SHOWN.has(mapped) ? { message } : {}),
    ...(retryAfter !== null ? { retryAfterMs: retryAfter } : {}),
  });
}

/** A body or an event that is not what the API sends. */
export function unreadable(body: string): GatewayError {
  return new GatewayError('upstream_invalid_response', {
    upstream: { status: 200, body: body.slice(0, RAW_LIMIT) },
  });
}

function mapCode(status: number, type: string | undefined, code: string | undefined): ErrorCode {
  if (code !== undefined && ACCOUNT_CODES.has(code)) return 'upstream_credentials_rejected';
  const byStatus = BY_STATUS[status];
  if (byStatus) return byStatus;
  const byType = type !== undefined && Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined;
  if (byType) return byType;
  if (status === 404) return 'upstream_model_not_found';
  return status >= 400 && status < 500 ? 'upstream_invalid_request' : 'upstream_error';
}

/** `retry-after` in seconds or as an HTTP date; a date is taken relative to the answer's own `date`. */
function retryAfterMs(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return null;
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(sent) ? Date.now() : sent));
}
