import { type ErrorCode, GatewayError, type UpstreamFault } from '../../errors.ts';
import { asObject, asString, parseJson } from '../../lib/json.ts';

/**
 * By exception, lower case: in streams their names begin so
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html).
 */
const BY_TYPE: Readonly<Record<string, ErrorCode>> = {
  accessdeniedexception: 'upstream_credentials_rejected',
  expiredtokenexception: 'upstream_credentials_rejected',
  incompletesignatureexception: 'upstream_credentials_rejected',
  invalidsignatureexception: 'upstream_credentials_rejected',
  missingauthenticationtokenexception: 'upstream_credentials_rejected',
  notauthorized: 'upstream_credentials_rejected',
  optinrequired: 'upstream_credentials_rejected',
  unrecognizedclientexception: 'upstream_credentials_rejected',
  internalserverexception: 'upstream_error',
  modelerrorexception: 'upstream_error',
  modelstreamerrorexception: 'upstream_error',
  modelnotreadyexception: 'upstream_overloaded',
  serviceunavailableexception: 'upstream_overloaded',
  modeltimeoutexception: 'upstream_timeout',
  resourcenotfoundexception: 'upstream_model_not_found',
  servicequotaexceededexception: 'upstream_rate_limited',
  throttlingexception: 'upstream_rate_limited',
  validationexception: 'upstream_invalid_request',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream_credentials_rejected',
  402: 'upstream_credentials_rejected',
  403: 'upstream_credentials_rejected',
  404: 'upstream_model_not_found',
  408: 'upstream_timeout',
  409: 'upstream_error',
  413: 'request_too_large',
  424: 'upstream_error',
  429: 'upstream_rate_limited',
  503: 'upstream_overloaded',
  504: 'upstream_timeout',
};

const SHOWN: ReadonlySet<ErrorCode> = new Set(['upstream_invalid_request', 'request_too_large']);

const RAW_LIMIT = 1024;

/** Maps an answer that is not 2xx, by the exception's name, then by status. */
export function readError(status: number, headers: Headers, body: string): GatewayError {
  const said = asObject(parseJson(body));
  const name = headers.get('x-amzn-errortype') ?? asString(said?.__type) ?? '';
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return toError(status, name, body, Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null);
}

/** @param name `ThrottlingException`, with a namespace before `#` or an address behind `:` in some answers. */
export function toError(
  status: number,
  name: string,
  body: string,
  retryAfterMs: number | null = null,
): GatewayError {
  const type = (name.split('#').at(-1) ?? '').split(':')[0] ?? '';
  const said = asObject(parseJson(body));
  const message = asString(said?.message) ?? asString(said?.Message);
  const upstream: UpstreamFault = { status, body: body.slice(0, RAW_LIMIT) };
  if (type !== '') upstream.type = type;
  const key = type.toLowerCase();
  const code = (Object.hasOwn(BY_TYPE, key) ? BY_TYPE[key] : undefined) ?? byStatus(status);
  return new GatewayError(code, {
    upstream,
    ...(message && SHOWN.has(code) ? { message } : {}),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** A body or an event that is not what the API sends. */
export function unreadable(body: string): GatewayError {
  return new GatewayError('upstream_invalid_response', {
    upstream: { status: 200, body: body.slice(0, RAW_LIMIT) },
  });
}

function byStatus(status: number): ErrorCode {
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'upstream_invalid_request' : 'upstream_error');
}
