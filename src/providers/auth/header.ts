import type { Authorize } from './types.ts';

/** The secret as the value of a header. */
export const header: Authorize<'header'> = ({ name }, secret, request) => ({
  ...request,
  headers: { ...request.headers, [name.toLowerCase()]: secret },
});
