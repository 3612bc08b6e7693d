import type { GatewayError } from '../../errors.ts';
import type { Attempt, Conversion } from '../../telemetry/receipt.ts';
import type { AnswerMeta, DecodedAnswer, NativeDecoder, WireRequest } from '../../wires/types.ts';
import type { OpenPlainStream } from '../relay/open-plain-stream.ts';
import type { OpenStream } from '../relay/open-stream.ts';
import type { Candidate } from '../types.ts';

/** What an upstream has given: a whole answer, or a stream whose first event is there; `plain` where it is not chat. */
export type Begun =
  | {
      kind: 'whole';
      answer: DecodedAnswer;
      /** The answer is in the client's own format. */
      native?: boolean;
    }
  | {
      kind: 'stream';
      stream: OpenStream;
      meta: AnswerMeta;
      secret: string | null;
      /** The decoder of the stream, where that is in the client's own format. */
      native?: NativeDecoder;
    }
  | { kind: 'plain'; open: OpenPlainStream; secret: string | null };

/** An answer has begun: the candidate that gives it and what could not be passed on to it. */
export type Served = {
  candidate: Candidate;
  /** What the candidate was sent. */
  request: WireRequest;
  dropped: readonly string[];
  /** What of the request was changed so that it could be read, and what was lowered: `max_tokens=412`. */
  conversions: readonly Conversion[];
  adjusted: readonly string[];
  /** When the upstream was called, Unix milliseconds. */
  calledAt: number;
  /** Its place on the trail. */
  record: Attempt;
} & Begun;

export type ServedStream = Extract<Served, { kind: 'stream' }>;
export type ServedPlain = Extract<Served, { kind: 'plain' }>;
export type ServedWhole = Extract<Served, { kind: 'whole' }>;

/** What is asked of candidates: the caller's request, or one that goes on from what was sent of an answer. */
export interface Ask {
  /** The request for one candidate. */
  requestFor(candidate: Candidate): WireRequest;
  /** The candidate failed so: whether there is another form to ask it in. */
  refused(candidate: Candidate, error: GatewayError): boolean;
  /** A refusal leads to the next candidate: it is of our words and not of the caller's. */
  ours: boolean;
}

/** A stream that broke, and what broke it. */
export interface Broken {
  candidate: Candidate;
  error: GatewayError;
  /** Nothing of it has gone out: its endpoint may be asked once more. */
  afresh: boolean;
}
