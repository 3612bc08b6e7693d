import type { Env } from '../env.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import { asNumber, asString, type JsonObject } from '../lib/json.ts';
import { type BackgroundClient, backgroundClient } from '../objects/background/client.ts';
import { keepEnd } from './end.ts';
import { deleteKept, writeKept } from './files.ts';
import { type Found, findResponse } from './find.ts';
import { deleteRow, endRow, insertRow } from './rows.ts';
import { type Kept, type ResponseScope, UNDER_WAY } from './types.ts';

/** What is said of a run that ended without a word: its object or its gateway was killed. */
const LOST: JsonObject = {
  code: 'server_error',
  message: 'The response was lost while it was made. Nothing is charged for it: create it anew.',
};

/** The run of a response. */
export function runOf(env: Env, { workspaceId, projectId }: ResponseScope, id: string): BackgroundClient {
  return backgroundClient(env, { workspaceId, projectId, generationId: id.replace(/^resp_/, 'gen_') });
}

/**
 * Begins a response that is made while no client waits. It can be asked for when this returns.
 * @param queued its response as it is told to clients, and the items that it answers.
 * @param init method, headers and body of the request that the run is.
 * @param again it may have begun already: then it stays as it is.
 * @throws GatewayError `storage_unavailable`; then there is none, but for what had begun already.
 */
export async function startRun(
  env: Env,
  scope: ResponseScope,
  queued: Kept,
  url: string,
  init: RequestInit,
  again = false,
): Promise<BackgroundClient> {
  const { response } = queued;
  const id = asString(response.id) ?? '';
  const run = runOf(env, scope, id);
  try {
    if (!again || !(await isKept(env, scope, id))) {
      const done = await Promise.allSettled([
        insertRow(env, scope, response),
        writeKept(env, scope.workspaceId, id, queued),
      ]);
      for (const result of done) if (result.status === 'rejected') throw result.reason;
    }
    const startedAt = (asNumber(response.created_at) ?? 0) * 1000;
    await run.start({ id: id.replace(/^resp_/, 'gen_'), startedAt }, url, init);
    return run;
  } catch (cause) {
    if (!again) {
      await Promise.allSettled([
        run.drop(),
        deleteRow(env, scope, id),
        deleteKept(env, [{ workspaceId: scope.workspaceId, id }]),
      ]);
    }
    throw new GatewayError('storage_unavailable', { cause });
  }
}

async function isKept(env: Env, scope: ResponseScope, id: string): Promise<boolean> {
  try {
    await findResponse(env, scope, id);
    return true;
  } catch (cause) {
    if (toGatewayError(cause).code === 'response_not_found') return false;
    throw cause;
  }
}

/**
 * Keeps what became of a response whose run ended before it had an answer. Never rejects: where this fails, who asks
 * for the response hears that it was lost.
 * @param end what becomes of the response.
 */
export async function failRun(
  env: Env,
  scope: ResponseScope,
  generationId: string,
  end: (response: JsonObject) => JsonObject,
): Promise<void> {
  try {
    const { response, input } = await findResponse(env, scope, generationId.replace(/^gen_/, 'resp_'));
    await keepEnd(env, scope, { response: end(response), input });
  } catch (cause) {
    console.error(JSON.stringify({ error: 'response_not_kept', id: generationId, cause: String(cause) }));
  }
}

/**
 * A response as it is now. One whose run nobody knows any more has failed.
 * @throws GatewayError `response_not_found`, `storage_unavailable`.
 */
export async function currentResponse(env: Env, scope: ResponseScope, id: string): Promise<Found> {
  const found = await findResponse(env, scope, id);
  if (!isUnderWay(found)) return settled(found);
  const state = await asked(runOf(env, scope, id).state());
  if (state !== null) return { ...found, response: { ...found.response, status: state } };
  return await endLost(env, scope, id, 'failed');
}

/**
 * Ends a response of the background; one that has ended stays as it is.
 * @throws GatewayError `response_not_found`, `invalid_value`, `storage_unavailable`.
 */
export async function cancelResponse(env: Env, scope: ResponseScope, id: string): Promise<JsonObject> {
  const found = await findResponse(env, scope, id);
  if (!found.row.background) {
    const message = 'Only responses of the background can be cancelled: another ends when its client leaves.';
    throw new GatewayError('invalid_value', { param: 'response_id', message });
  }
  if (!isUnderWay(found)) return settled(found).response;
  await asked(runOf(env, scope, id).cancel());
  return (await endLost(env, scope, id, 'cancelled')).response;
}

/** A response whose run is over: how it ended, or this, where the run could not say. */
async function endLost(env: Env, scope: ResponseScope, id: string, status: string): Promise<Found> {
  const found = await findResponse(env, scope, id);
  if (!isUnderWay(found)) return settled(found);
  await asked(endRow(env, scope, id, status));
  return settled(await findResponse(env, scope, id));
}

function isUnderWay({ row }: Found): boolean {
  return UNDER_WAY.includes(row.status);
}

/** The row says how it ended, also where the response itself could not be written any more. */
function settled(found: Found): Found {
  const { row, response } = found;
  if (row.status === response.status) return found;
  const error = row.status === 'failed' ? LOST : null;
  return { ...found, response: { ...response, status: row.status, error } };
}

async function asked<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw new GatewayError('storage_unavailable', { cause });
  }
}
