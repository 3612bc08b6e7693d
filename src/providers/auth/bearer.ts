import type { Authorize } from './types.ts';

/** `Authorization: Bearer …` (RFC 6750 §2.1). */
export const bearer: Authorize<'bearer'> = (_auth, secret, request) => ({
  ...request,
  headers: { ...request.headers, authorization: `Bearer ${secret}` },
});
