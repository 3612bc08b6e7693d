/** OpenAI's coarse error families, plus `upstream_error` for faults of a provider. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'billing_error'
  | 'rate_limit_error'
  | 'upstream_error'
  | 'server_error';

interface ErrorRow {
  status: number;
  type: ErrorType;
  /** Whether the same request may succeed elsewhere or later. */
  retryable: boolean;
  /** Default message, shown when the thrower gives none. */
  message: string;
  /** What the caller should do; printed in docs/errors.md. */
  remedy: string;
}

const row = (
  status: number,
  type: ErrorType,
  retryable: boolean,
  message: string,
  remedy: string,
): ErrorRow => ({ status, type, retryable, message, remedy });

/**
 * Every error the gateway can answer with. Codes are stable: clients match on them.
 * One row is one error; docs/errors.md is tested against this table.
 */
// biome-ignore format: a table reads best with one error a line.
export const ERRORS = {
  // The caller's request
  invalid_json: row(400, 'invalid_request_error', false, 'The request body is not valid JSON.', 'Send a JSON object.'),
  invalid_form: row(400, 'invalid_request_error', false, 'The request body is not a valid form.', 'Send multipart/form-data as the message says; let the HTTP client write the boundary.'),
  missing_parameter: row(400, 'invalid_request_error', false, 'A required parameter is missing.', 'Send the parameter that `param` names.'),
  invalid_type: row(400, 'invalid_request_error', false, 'A parameter has the wrong type.', 'Correct the type of the parameter that `param` names.'),
  invalid_value: row(400, 'invalid_request_error', false, 'A parameter has a value that is not accepted.', 'Correct the value of the parameter that `param` names.'),
  unsupported_parameter: row(400, 'invalid_request_error', false, 'A parameter is not supported by the model that would serve this request.', 'Leave the parameter out, choose another model, or drop `require_parameters`.'),
  model_not_supported: row(400, 'invalid_request_error', false, 'The model does not serve this endpoint.', 'Choose a model of the right kind from GET /v1/models.'),
  context_length_exceeded: row(400, 'invalid_request_error', false, 'The request is longer than the context of the model.', 'Shorten the messages or choose a model with a larger context.'),
  content_filter: row(400, 'invalid_request_error', false, 'The provider refused the content of the request.', 'Change the content; the same request will be refused again.'),
  upstream_invalid_request: row(400, 'invalid_request_error', false, 'The provider refused the request as invalid.', 'Read the message, which is the provider’s; correct the request.'),
  missing_api_key: row(401, 'authentication_error', false, 'No API key was given. Send it as "Authorization: Bearer inf_…" or, under /v1, as "x-api-key: inf_…".', 'Send `Authorization: Bearer inf_…`; under `/v1` it may also be `x-api-key: inf_…`.'),
  invalid_api_key: row(401, 'authentication_error', false, 'The API key is not valid.', 'Check the key for typing errors, or make a new one.'),
  invalid_credentials: row(401, 'authentication_error', false, 'The e-mail address or the password is not right.', 'Check both, or reset the password.'),
  permission_denied: row(403, 'permission_error', false, 'This key may not do that.', 'Use a key of a sufficient role.'),
  ip_not_allowed: row(403, 'permission_error', false, 'This key may not be used from this address.', 'Call from an address that the key allows, or change its `allowed_ips`.'),
  insufficient_credits: row(402, 'billing_error', false, 'The workspace has not enough credits for this request.', 'Add credits, lower `max_tokens`, or choose a cheaper model.'),
  budget_exceeded: row(403, 'billing_error', false, 'A budget would be exceeded.', 'Wait until the budget resets, as the message says, or raise it.'),
  storage_quota_exceeded: row(403, 'permission_error', false, 'The files of the workspace would be more than it may store.', 'Delete files that are not needed, or let them expire; the message says how much there may be.'),
  cross_site_request: row(403, 'permission_error', false, 'A request with a session must come from the pages of this gateway.', 'Call from the same origin, or send an API key instead of the cookie; outside a browser, an `Origin` header that names this gateway.'),
  not_found: row(404, 'not_found_error', false, 'There is nothing at this address.', 'Check the path and the id.'),
  model_not_found: row(404, 'not_found_error', false, 'The model does not exist.', 'Choose a model from GET /v1/models; the message names the nearest ones.'),
  model_not_available: row(404, 'not_found_error', false, 'The model is known, but no provider that serves it is configured.', 'Add a provider key, or choose a model from GET /v1/models.'),
  model_not_enabled: row(404, 'not_found_error', false, 'The model is not enabled for this key.', 'Enable it for the key or the workspace, as the message says, or choose one from GET /v1/models.'),
  no_endpoint_satisfies_policy: row(404, 'not_found_error', false, 'No endpoint satisfies the policy of the request.', 'Loosen one of the constraints that the message names; POST /api/route explains each candidate.'),
  policy_not_found: row(404, 'not_found_error', false, 'There is no policy of this name.', 'Choose one from GET /api/policies, or declare the constraints in the request.'),
  generation_not_found: row(404, 'not_found_error', false, 'There is no such generation in this workspace.', 'Check the id; receipts are written when an answer ends.'),
  response_not_found: row(404, 'not_found_error', false, 'There is no such response in this project.', 'Check the id; responses are kept for 30 days, unless `store` is false.'),
  item_not_found: row(404, 'not_found_error', false, 'There is no such item in this project.', 'Send the item whole, or leave it out; items are kept for 30 days, unless `store` is false.'),
  previous_response_not_found: row(400, 'invalid_request_error', false, 'The previous response is not found.', 'Send the earlier items in `input`; responses are kept for 30 days, unless `store` is false.'),
  method_not_allowed: row(405, 'invalid_request_error', false, 'This address does not take this method.', 'Use a method that the `allow` header names.'),
  conflict: row(409, 'invalid_request_error', false, 'The object was changed or exists already.', 'Read the object again, then repeat the change.'),
  idempotency_key_conflict: row(409, 'invalid_request_error', false, 'This idempotency key was used with another request.', 'Use a new key for each request; repeat a request with its key, body and headers unchanged.'),
  idempotency_key_spent: row(409, 'invalid_request_error', false, 'The request of this idempotency key was given up, as nobody waited for its answer.', 'Use a new key. What had been produced was billed: `x-generation-id` names its receipt.'),
  request_too_large: row(413, 'invalid_request_error', false, 'The request body is over the limit of 32 MB.', 'Send less; give large files by URL.'),
  unsupported_content_type: row(415, 'invalid_request_error', false, 'The request body must be application/json.', 'Send `Content-Type: application/json`; where files are sent, multipart/form-data.'),
  range_not_satisfiable: row(416, 'invalid_request_error', false, 'The range lies outside the file.', 'Ask for bytes that the file has; `content-range` says how many there are.'),
  too_many_attempts: row(429, 'rate_limit_error', false, 'There were too many attempts.', 'Wait as long as `retry-after` says.'),
  client_closed_request: row(499, 'invalid_request_error', false, 'The client closed the connection before the answer was complete.', 'Seen on receipts only: what had been produced is billed.'),

  // Money
  payments_unavailable: row(503, 'server_error', false, 'This deployment takes no payments: its operator grants credits.', 'Ask the operator for credits. Operators: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.'),
  payment_provider_error: row(502, 'server_error', true, 'The payment provider failed. Nothing was charged.', 'Repeat the request.'),
  invalid_signature: row(400, 'invalid_request_error', false, 'The signature of the webhook is not valid.', 'Check that STRIPE_WEBHOOK_SECRET is that of this endpoint, and that the clock is right.'),
  rate_limit_exceeded: row(429, 'rate_limit_error', true, 'A rate limit is reached.', 'Wait as long as `retry-after` says, then repeat.'),

  // A provider
  upstream_rate_limited: row(429, 'rate_limit_error', true, 'The provider is limiting requests.', 'Wait as long as `retry-after` says, then repeat.'),
  upstream_error: row(502, 'upstream_error', true, 'The provider failed.', 'Repeat the request; add a fallback model.'),
  upstream_unreachable: row(502, 'upstream_error', true, 'The provider could not be reached.', 'Repeat the request; add a fallback model. Where the message says that the connection broke off in the middle of the answer, treat what was received as incomplete.'),
  upstream_credentials_rejected: row(502, 'upstream_error', true, 'The provider refused the credentials that this gateway holds for it.', 'Tell the operator of the gateway. Your own key is fine.'),
  upstream_model_not_found: row(502, 'upstream_error', true, 'The provider does not know the model that the registry names.', 'Tell the operator of the gateway; choose another model.'),
  upstream_invalid_response: row(502, 'upstream_error', true, 'The provider sent an answer that cannot be read.', 'Repeat the request; add a fallback model.'),
  upstream_incomplete: row(502, 'upstream_error', true, 'The provider ended the answer before it was complete.', 'Treat what was received as incomplete; repeat the request.'),
  upstream_overloaded: row(503, 'upstream_error', true, 'The provider is overloaded.', 'Wait and repeat; add a fallback model.'),
  upstream_waking: row(503, 'upstream_error', true, 'The provider is loading the model.', 'Repeat the request as late as `retry-after` says.'),
  upstream_timeout: row(504, 'upstream_error', true, 'The provider did not answer in time.', 'Repeat the request; add a fallback model.'),
  wake_timeout: row(504, 'upstream_error', true, 'The model was not ready within its wake budget.', 'Repeat the request as late as `retry-after` says; add a fallback model that is always warm.'),

  // The gateway
  internal_error: row(500, 'server_error', true, 'The gateway failed.', 'Repeat the request; report the request id.'),
  auth_unavailable: row(503, 'server_error', true, 'Keys cannot be checked at the moment.', 'Repeat the request. Your key was not refused.'),
  limits_unavailable: row(503, 'server_error', true, 'Limits and credits cannot be checked at the moment.', 'Repeat the request. Nothing was charged.'),
  registry_unavailable: row(503, 'server_error', true, 'The model registry cannot be read at the moment.', 'Repeat the request.'),
  storage_unavailable: row(503, 'server_error', true, 'Storage cannot be reached at the moment.', 'Repeat the request.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** What a provider said, kept beside the mapped error. Never shown to callers whole. */
export interface UpstreamFault {
  /** HTTP status; 200 for an error inside a stream. */
  status: number;
  type?: string;
  code?: string;
  /** The first kilobyte of the body. */
  body?: string;
}

export interface ErrorDetails {
  message?: string;
  param?: string;
  /** Milliseconds to wait before a repetition, where the provider said so. */
  retryAfterMs?: number;
  upstream?: UpstreamFault;
  /** Headers that the answer carries beside the envelope. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** The JSON body of every error answer, in OpenAI's envelope. */
export interface ErrorEnvelope {
  error: {
    message: string;
    type: ErrorType;
    code: ErrorCode;
    param: string | null;
    request_id: string | null;
  };
}

/**
 * The one error that leaves the gateway. `message` is shown to the caller, so it holds nothing
 * internal; `upstream` and `cause` stay inside.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: ErrorType;
  readonly retryable: boolean;
  readonly param: string | null;
  readonly retryAfterMs: number | null;
  readonly upstream: UpstreamFault | null;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const entry: ErrorRow = ERRORS[code];
    super(details.message ?? entry.message, { cause: details.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = entry.status;
    this.type = entry.type;
    this.retryable = entry.retryable;
    this.param = details.param ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.upstream = details.upstream ?? null;
    this.headers = details.headers ?? {};
  }

  /** The same error in other words. */
  with(words: Pick<ErrorDetails, 'message' | 'param' | 'upstream'>): GatewayError {
    return new GatewayError(this.code, {
      message: this.message,
      headers: this.headers,
      cause: this.cause,
      ...(this.param === null ? {} : { param: this.param }),
      ...(this.retryAfterMs === null ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.upstream ? { upstream: this.upstream } : {}),
      ...words,
    });
  }

  /** The envelope as JSON text. */
  envelope(requestId: string | null): ErrorEnvelope {
    return {
      error: {
        message: this.message,
        type: this.type,
        code: this.code,
        param: this.param,
        request_id: requestId,
      },
    };
  }
}

/** Any thrown value as a GatewayError; what is not one becomes `internal_error`, its message kept inside. */
export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('internal_error', { cause: thrown });
}

/**
 * The HTTP answer to an error.
 * @param body where it is not our own envelope.
 */
export function errorResponse(
  error: GatewayError,
  requestId: string | null,
  body: object = error.envelope(requestId),
): Response {
  const headers = new Headers({ ...error.headers, 'content-type': 'application/json' });
  if (requestId) headers.set('x-request-id', requestId);
  if (error.retryAfterMs !== null) headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
  return new Response(JSON.stringify(body), { status: error.status, headers });
}
