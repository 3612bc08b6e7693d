import type { GatewayError } from '../../errors.ts';
import { mayRefuseSealed, withoutReasoning } from '../../wires/sealed.ts';
import type { ChatRequest, Wire, WireRequest } from '../../wires/types.ts';
import { changeRequest } from '../requests/change-request.ts';
import type { Candidate } from '../types.ts';
import type { Ask } from './served.ts';

/** The caller's own request. */
export function ownRequest(request: WireRequest): Ask {
  if (request.kind !== 'chat') return { requestFor: () => request, refused: () => false, ours: false };
  const unsealed = new Unsealing(request);
  return {
    requestFor: (candidate) => unsealed.requestFor(candidate),
    refused: (candidate, error) => unsealed.refused(candidate, error),
    ours: false,
  };
}

/**
 * One request for many endpoints. Who refuses it for earlier reasoning, which somebody else has sealed or which was
 * changed since, is asked once more without: a conversation must not end there.
 */
export class Unsealing {
  readonly #request: ChatRequest;
  /** What those who refused it are asked instead, by endpoint. */
  readonly #instead = new Map<string, ChatRequest>();

  constructor(request: ChatRequest) {
    this.#request = request;
  }

  requestFor({ endpoint }: Candidate): ChatRequest {
    return this.#instead.get(endpoint.id) ?? this.#request;
  }

  /** Whether this failure may be mended by asking the same endpoint without reasoning. */
  refused({ endpoint, wire }: Candidate, error: GatewayError): boolean {
    if (this.#instead.has(endpoint.id) || !mayRefuseSealed(error)) return false;
    const instead = withoutSealed(this.#request, wire);
    if (instead) this.#instead.set(endpoint.id, instead);
    return instead !== null;
  }
}

/** A request without earlier reasoning, for the hosts of a wire; null where it has none. */
export function withoutSealed(
  request: ChatRequest,
  { native: codecs }: Pick<Wire, 'native'>,
): ChatRequest | null {
  const { native } = request;
  const original = native && codecs?.[native.format]?.withoutSealed?.(native);
  const messages = withoutReasoning(request.body().messages);
  if (!original && !messages) return null;
  const chat = messages ? changeRequest(request, { messages }) : request;
  const withheld = original?.dropped ?? ['messages.reasoning_details'];
  const said = original?.request ?? native;
  return { ...chat, withheld, ...(said ? { native: said } : {}) };
}
