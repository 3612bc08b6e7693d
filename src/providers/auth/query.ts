import type { Authorize } from './types.ts';

/** The secret as a parameter of the URL. */
export const query: Authorize<'query'> = ({ name }, secret, request) => ({
  ...request,
  url: `${request.url}${request.url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(secret)}`,
});
