import { GatewayError } from '../../errors.ts';
import { parseBody } from '../../json-body.ts';
import type { JsonObject } from '../../lib/json.ts';
import { scanMembers } from '../../lib/json-members.ts';
import { EXTENSIONS } from '../../wires/extensions.ts';
import type { Surface, SurfaceRequest } from '../../wires/surfaces.ts';
import type { ChatRequest, NativeRequest } from '../../wires/types.ts';
import type { Archive } from '../types.ts';

/** A request as a chat completion. */
export interface Asked {
  /** The body of a chat completion request. */
  bytes: Uint8Array;
  /** The format of the client, where it is not our own. */
  surface: SurfaceRequest | null;
  /** The request in its own format, for endpoints that speak it. */
  native?: NativeRequest;
  /** Why it is none: `bytes` are no more than what routing needs. */
  untranslatable?: GatewayError;
  /** Makes what keeps the answer of a generation; absent where it is not to be kept. */
  archiveFor?: (generationId: string) => Archive;
}

/** Takes the body of a chat completion as it is. */
export function inOwnFormat(bytes: Uint8Array): Asked {
  return { bytes, surface: null };
}

/** What a request says outside its body. */
export interface Spoken {
  /** The body with what headers say; it is only read. */
  withHeaders(body: JsonObject): JsonObject;
  /** Beta features that headers ask for. */
  betas: readonly string[];
}

const BODY_ALONE: Spoken = { withHeaders: (body) => body, betas: [] };

/**
 * Reads bodies of another format.
 * @returns a reader that throws GatewayError `invalid_json`, `invalid_type`, and as `Surface.read`, but for what
 *   endpoints that speak the format may know.
 */
export function inFormatOf(surface: Surface, spoken: Spoken = BODY_ALONE): (bytes: Uint8Array) => Asked {
  return (bytes) => askedOf(surface, parseBody(bytes), bytes, spoken);
}

/**
 * A request of another format.
 * @param bytes of the body.
 * @throws GatewayError as `inFormatOf`.
 */
export function askedOf(
  surface: Surface,
  body: JsonObject,
  bytes: Uint8Array,
  spoken: Spoken = BODY_ALONE,
): Asked {
  const native = nativeOf(surface, body, bytes, spoken.betas);
  const whole = spoken.withHeaders(body);
  let request: SurfaceRequest;
  let untranslatable: GatewayError | undefined;
  try {
    request = surface.read(whole);
  } catch (thrown) {
    const sketch = native && isOfFormat(thrown) ? surface.sketch?.(whole) : null;
    if (!sketch) throw thrown;
    request = sketch;
    untranslatable = thrown as GatewayError;
  }
  const isBetterTranslated = !untranslatable && surface.needsTranslation?.(body) === true;
  return {
    bytes: new TextEncoder().encode(JSON.stringify(request.chat)),
    surface: request,
    ...(native && !isBetterTranslated ? { native } : {}),
    ...(untranslatable ? { untranslatable } : {}),
  };
}

/** A chat completion request with the one that it was translated from. */
export function withOriginal(request: ChatRequest, { surface, native, untranslatable }: Asked): ChatRequest {
  if (!surface) return request;
  return {
    ...request,
    translated: true,
    paramOf: (param) => surface.paramOf(param),
    ...(native ? { native } : {}),
    ...(untranslatable ? { untranslatable } : {}),
    ...(surface.prompts === undefined ? {} : { prompts: surface.prompts }),
  };
}

/** Whether somebody who speaks the format may see no fault in what a reader of it refuses. */
function isOfFormat(thrown: unknown): boolean {
  const code = thrown instanceof GatewayError ? thrown.code : null;
  return code === 'unsupported_parameter' || code === 'invalid_value';
}

function nativeOf(
  { id, sketch }: Surface,
  body: JsonObject,
  bytes: Uint8Array,
  betas: readonly string[],
): NativeRequest | null {
  if (!sketch) return null;
  const members = scanMembers(bytes);
  if (!members) return null;
  const extensions = EXTENSIONS.filter((name) => members.some((member) => member.name === name));
  return { format: id, bytes, members, body, stream: body.stream === true, extensions, betas };
}
