import { APIError } from 'better-auth/api';
import { type ErrorCode, GatewayError } from '../../errors.ts';

interface Refusal {
  code: ErrorCode;
  param?: string;
  message?: string;
}

const TAKEN: Refusal = {
  code: 'conflict',
  param: 'email',
  message: 'There is an account with this e-mail address: sign in.',
};

/** What better-auth refuses with, in our words. All else it throws is a fault of storage. */
const REFUSALS: Record<string, Refusal> = {
  INVALID_EMAIL_OR_PASSWORD: { code: 'invalid_credentials' },
  INVALID_PASSWORD: {
    code: 'invalid_credentials',
    param: 'current_password',
    message: 'The current password is not right.',
  },
  CREDENTIAL_ACCOUNT_NOT_FOUND: {
    code: 'conflict',
    message: 'This person signs in without a password: set one by a reset link.',
  },
  INVALID_EMAIL: { code: 'invalid_value', param: 'email', message: 'email must be an e-mail address.' },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: TAKEN,
  INVALID_TOKEN: {
    code: 'invalid_value',
    param: 'token',
    message: 'The link was used or has expired: ask for a new one.',
  },
  UNAUTHORIZED: { code: 'missing_api_key', message: 'The session has ended: sign in again.' },
};

/**
 * Asks better-auth, and answers what it says with the cookies it sets.
 * @throws GatewayError for what it refuses; `auth_unavailable` for its faults.
 */
export async function ask<T>(
  call: Promise<{ headers: Headers; response: T }>,
): Promise<{ answer: T; cookies: string[] }> {
  try {
    const { headers, response } = await call;
    return { answer: response, cookies: headers.getSetCookie() };
  } catch (cause) {
    const refusal =
      cause instanceof APIError ? REFUSALS[cause.body?.code ?? String(cause.status)] : undefined;
    if (!refusal) {
      throw new GatewayError('auth_unavailable', {
        message: 'Sessions and passwords cannot be checked at the moment.',
        cause,
      });
    }
    throw errorOf(refusal);
  }
}

/** The refusal of an address that has an account. */
export function takenAddress(): GatewayError {
  return errorOf(TAKEN);
}

function errorOf({ code, ...details }: Refusal): GatewayError {
  return new GatewayError(code, details);
}
