import type { Env } from '../env.ts';
import { GatewayError } from '../errors.ts';
import { type KeptFile, openKept } from './files.ts';
import { type ResponseRow, readRows } from './rows.ts';
import type { Kept, ResponseScope } from './types.ts';

/** Ids of responses as this gateway makes them; nothing else is looked for. */
const ID = /^resp_[0-9a-z]{1,64}$/;

export function isResponseId(id: string): boolean {
  return ID.test(id);
}

/** A response of a project, as it was last written. */
export interface Found extends Kept {
  row: ResponseRow;
}

/** @throws GatewayError `response_not_found`, also for that of another project; `storage_unavailable`. */
export async function findResponse(env: Env, scope: ResponseScope, id: string): Promise<Found> {
  const found = isResponseId(id) ? await read(env, scope, id) : null;
  if (!found) throw notFound(id);
  return found;
}

export function notFound(id: string): GatewayError {
  return new GatewayError('response_not_found', {
    param: 'response_id',
    message: `There is no response ${JSON.stringify(id.slice(0, 100))} in this project.`,
  });
}

async function read(env: Env, scope: ResponseScope, id: string): Promise<Found | null> {
  try {
    const [[row], file]: [ResponseRow[], KeptFile | null] = await Promise.all([
      readRows(env, scope, [id]),
      openKept(env, scope.workspaceId, id),
    ]);
    return row && file ? { row, ...(await file.read()) } : null;
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
