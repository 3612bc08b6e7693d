import type { Json, JsonObject } from '../lib/json.ts';
import { checkInclude } from '../wires/openai/responses/fields.ts';
import { responseOfItem } from '../wires/openai/responses/ids.ts';
import { readResponseRequest } from '../wires/openai/responses/index.ts';
import { inputItems } from '../wires/openai/responses/items.ts';
import { shellOf } from '../wires/openai/responses/shell.ts';
import { labelsOf } from './labels.ts';
import type { Asked } from './surfaces.ts';
import type { Call } from './types.ts';

/**
 * Reads a request of the Responses API, its references resolved.
 * @param earlier so many items of its input are of the response that `previous_response_id` names.
 * @throws GatewayError as `Surface.read`.
 */
export function inResponsesFormat(body: JsonObject, earlier: number): Asked {
  const surface = readResponseRequest(body, earlier);
  return { bytes: new TextEncoder().encode(JSON.stringify(surface.chat)), surface };
}

/** The response of a call that has yet to begin. @param body its request. */
export function queuedResponse(call: Call, body: JsonObject): JsonObject {
  return { ...shellOf(body, labelsOf(call)), status: 'queued' };
}

/** The items of an input as they are listed, each with an id. @param generationId of the answer. */
export function itemsOf(input: Json | undefined, generationId: string): JsonObject[] {
  return inputItems(input, generationId);
}

/** @throws GatewayError `invalid_value` for names that `include` cannot have. */
export function checkIncludes(names: readonly string[]): void {
  for (const name of names) checkInclude(name, 'include');
}

/** The id of the response that an item was given or made in; null where its id does not say. */
export function ownerOfItem(id: string): string | null {
  return responseOfItem(id);
}
