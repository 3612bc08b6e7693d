import { toolFee } from '../billing/cost.ts';
import { GatewayError } from '../errors.ts';
import type { Endpoint } from '../registry/types.ts';
import { type Hosted, NOTHING_HOSTED } from '../wires/hosted.ts';
import { wires } from '../wires/index.ts';
import type { Target, Wire, WireRequest } from '../wires/types.ts';
import { paramOf } from './formats/client-words.ts';
import { nativeWay } from './formats/native.ts';

/** Where a request would go. */
interface Way {
  wire: Wire;
  target: Target;
  endpoint: Endpoint;
}

/** Why credentials that tenants share may not be used for a request. */
export interface Barrier {
  constraint: 'tool_price' | 'account_objects';
  param: string;
  /** For people: `web_search has no price at openai/gpt-5@azure`. */
  detail: string;
  /** Whether a price is all that is missing. */
  unpriced?: true;
}

/** Read once for a request and a format: planning and admission both ask. */
const readings = new WeakMap<WireRequest, Map<string, Hosted>>();

/** What a request asks of a host beside tokens, in the words in which it goes there. */
export function hostedAt(request: WireRequest, way: Way): Hosted {
  if (request.kind !== 'chat') return NOTHING_HOSTED;
  const native = nativeWay(way, request);
  const { api } = way.target.capabilities;
  const name = native ? native.request.format : api === undefined ? way.wire.id : `${way.wire.id}/${api}`;
  const known = readings.get(request);
  const read = known?.get(name);
  if (read) return read;
  const hosted = native
    ? native.codec.hosted(native.request)
    : request.untranslatable
      ? NOTHING_HOSTED
      : (way.wire.hosted?.(request, way.target) ?? NOTHING_HOSTED);
  if (known) known.set(name, hosted);
  else readings.set(request, new Map([[name, hosted]]));
  return hosted;
}

/** Whether a request asks for anything but tokens in any format in which it may go out. */
export function asksHosts(request: WireRequest): boolean {
  if (request.kind !== 'chat') return false;
  const { native, untranslatable } = request;
  return Object.values(wires).some((wire) => {
    const readings = [
      native && wire.native?.[native.format]?.hosted(native),
      untranslatable ? undefined : wire.hosted?.(request),
    ];
    return readings.some((one) => one && one.tools.length + one.objects.length > 0);
  });
}

/**
 * What keeps a request from credentials that are not the workspace's own: tools whose fee nobody would be billed for,
 * and objects of the provider's account, where all tenants' would lie together.
 */
export function barrierAt(request: WireRequest, way: Way): Barrier | null {
  const { tools, objects } = hostedAt(request, way);
  if (tools.length === 0 && objects.length === 0) return null;
  const { id, price } = way.endpoint;
  const named = (name: string): string => (nativeWay(way, request) ? name : paramOf(request, name));
  for (const { param: name, unit, counted } of tools) {
    const param = named(name);
    const fee = price ? toolFee(price, unit) : undefined;
    if (fee === undefined) {
      return { constraint: 'tool_price', param, detail: `${unit} has no price at ${id}`, unpriced: true };
    }
    if (fee > 0 && !counted) {
      const detail = `${unit} cannot be counted at ${id}`;
      return { constraint: 'tool_price', param, detail };
    }
  }
  const [object] = objects;
  if (object === undefined) return null;
  const param = named(object);
  const detail = `${param} names an object of the provider's account, which ${id} is called with for all workspaces`;
  return { constraint: 'account_objects', param, detail };
}

/** The refusal of a request that no credential which tenants share may serve, and what would help. */
export function barred({ param, detail, unpriced }: Barrier): GatewayError {
  const orPrice = unpriced ? ', or a price that the operator declares' : '';
  const message = `This takes a credential of the workspace's own${orPrice}: ${detail}.`;
  return new GatewayError('unsupported_parameter', { param, message });
}

/** The most calls of each tool that an answer may make there. */
export function askedCalls(request: WireRequest, way: Way): Readonly<Record<string, number>> | undefined {
  const { tools } = hostedAt(request, way);
  if (tools.length === 0) return undefined;
  const calls: Record<string, number> = {};
  for (const { unit, most } of tools) calls[unit] = (calls[unit] ?? 0) + most;
  return calls;
}
