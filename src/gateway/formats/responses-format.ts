import { GatewayError } from '../../errors.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { checkMetadata } from '../../metadata.ts';
import { failedResponse } from '../../wires/openai/responses/answer.ts';
import { checkInclude } from '../../wires/openai/responses/fields.ts';
import { responseOfItem } from '../../wires/openai/responses/ids.ts';
import { readResponseRequest, responses } from '../../wires/openai/responses/index.ts';
import { inputItems } from '../../wires/openai/responses/items.ts';
import { shellOf } from '../../wires/openai/responses/shell.ts';
import type { Surface, SurfaceRequest } from '../../wires/surfaces.ts';
import type { Call } from '../types.ts';
import { labelsOf } from './labels.ts';
import { type Asked, askedOf } from './surfaces.ts';

/**
 * Reads a request of the Responses API, its references resolved.
 * @param bytes as received; null where the body is another by now.
 * @param earlier so many items of its input are of the response that `previous_response_id` names.
 * @throws GatewayError as `inFormatOf`; `invalid_type`, `invalid_value` for what its answer would say again.
 */
export function inResponsesFormat(body: JsonObject, bytes: Uint8Array | null, earlier: number): Asked {
  checkEchoed(body);
  const { previous_response_id: previous, background } = body;
  const read = (given: JsonObject): SurfaceRequest => readResponseRequest(given, earlier);
  const format: Surface = { ...responses, read };
  // Nobody upstream knows it either.
  if (previous != null && earlier === 0) format.sketch = () => null;
  const asked = askedOf(format, body, bytes ?? new TextEncoder().encode(JSON.stringify(body)));
  const echo: JsonObject = {};
  if (previous != null) echo.previous_response_id = previous;
  if (background === true) echo.background = true;
  return asked.native ? { ...asked, native: { ...asked.native, echo } } : asked;
}

/**
 * Checks what a response says again of its request, so that it is what clients' types say, whoever answers.
 * @throws GatewayError `invalid_type`, `invalid_value`.
 */
function checkEchoed({ metadata, truncation }: JsonObject): void {
  checkMetadata(metadata);
  if (truncation != null && truncation !== 'auto' && truncation !== 'disabled') {
    const message = 'truncation must be "auto" or "disabled".';
    throw new GatewayError('invalid_value', { param: 'truncation', message });
  }
}

/** The response of a call that has yet to begin. @param body its request. */
export function queuedResponse(call: Call, body: JsonObject): JsonObject {
  return { ...shellOf(body, labelsOf(call)), status: 'queued' };
}

/** What becomes of a response whose call fails before it has said anything. */
export function unbegunResponse(response: JsonObject, error: GatewayError, requestId: string): JsonObject {
  if (error.code === 'client_closed_request') return { ...response, status: 'cancelled', error: null };
  return failedResponse(response, error.envelope(requestId).error);
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
