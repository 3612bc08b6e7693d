import type { NativeCodec, NativeRequest, Target, Wire, WireRequest } from '../../wires/types.ts';

/** A request in its client's words, and the codec that says it so. */
export interface NativeWay {
  request: NativeRequest;
  codec: NativeCodec;
}

/** How a request goes to a candidate in its client's own words; null where it is translated for it. */
export function nativeWay(
  { wire, target }: { wire: Wire; target: Target },
  { native }: Pick<WireRequest, 'native'>,
): NativeWay | null {
  const codec = native && wire.native?.[native.format];
  return native && codec?.speaks(target, native) ? { request: native, codec } : null;
}

/** Whether a request can be said to an endpoint at all: in words of chat completions, or in its client's own. */
export function isSayable(
  way: { wire: Wire; target: Target },
  request: Pick<WireRequest, 'kind' | 'native' | 'untranslatable'>,
): boolean {
  if (request.kind !== 'chat') return true;
  if (!request.untranslatable && (way.wire.chat?.answers?.(way.target) ?? true)) return true;
  return nativeWay(way, request) !== null;
}
