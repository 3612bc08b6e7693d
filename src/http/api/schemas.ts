import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../../errors.ts';
import type { HttpEnv } from '../context.ts';

/** What is common to the routes of the management API. */
export type ApiEnv = HttpEnv;

export const Name = z.string().trim().min(1).max(200);

/** As the world writes them; no longer than mail allows (RFC 5321, 4.5.3.1.3). */
export const Email = z.email().max(254);

export const WorkspaceId = z.string().min(1).max(200);

export const IdParams = z.object({ id: z.string().min(1).max(200) });

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Items to answer.' }),
  cursor: z.string().max(200).optional().meta({ description: '`next_cursor` of the page before.' }),
});

export const ScopedPageQuery = PageQuery.extend({
  workspace: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'For the operator: one workspace instead of all.' }),
});

/** A part of a list, newest first. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Give it as `cursor` to read on; null at the end.' }),
  });
}

export const Seconds = z.number().int().meta({ description: 'Unix seconds.' });

export const Person = z
  .object({ id: z.string(), name: z.string(), email: z.string(), created_at: Seconds })
  .meta({ id: 'Person' });

const ErrorBody = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      code: z.string().meta({ description: 'Stable; see the error reference.' }),
      param: z.string().nullable(),
      request_id: z.string().nullable(),
    }),
  })
  .meta({ id: 'Error' });

/** JSON content of a schema. */
export function json<T extends z.ZodType>(schema: T) {
  return { 'application/json': { schema } };
}

/** Error answers of a route beside those that all have. */
export function errors(...codes: ErrorCode[]) {
  const every: ErrorCode[] = ['missing_api_key', 'permission_denied', 'storage_unavailable', ...codes];
  const byStatus = Map.groupBy(every, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: list.map((code) => `\`${code}\``).join(', '), content: json(ErrorBody) },
    ]),
  );
}
