import type { Context } from 'hono';
import type { Env } from '../env.ts';
import type { BatchRun, Keeper } from '../gateway/types.ts';
import type { Begun } from '../objects/runs/types.ts';
import type { Principal } from '../tenancy/types.ts';

/** A line of a batch, as the gateway calls itself with it. */
export interface LineRun {
  generationId: string;
  /** Its number in the input. */
  line: number;
  batch: BatchRun;
  /** It costs nothing: an attempt before this one was billed. */
  waived: boolean;
}

/** What a request with an idempotency key begins that goes on by itself: once, however often it is repeated. */
export interface Beginning {
  /** What an earlier run of the same request began, or was about to; null where there was none. */
  earlier: Begun | null;
  /** Remembers what is about to be begun. @throws GatewayError where that is not possible: then nothing may be. */
  remember(begun: Begun): Promise<void>;
}

/** What middleware puts on the context of a request. */
export interface Variables {
  requestId: string;
  /** Set as soon as a request has a generation, so that errors name it too. */
  generationId?: string;
  principal: Principal;
  /** Set for lines of batches. */
  line?: LineRun;
  /** Set where somebody keeps the answer for its clients. */
  keeper?: Keeper;
  /** An answer like that which is to be made was billed, and lost: this one costs nothing. */
  waived?: boolean;
  /** Set where somebody keeps it, for what goes on by itself. */
  beginning?: Beginning;
  /** Set where the principal is a signed-in person. */
  sessionId?: string;
}

export type HttpEnv = { Bindings: Env; Variables: Variables };

export type HttpContext = Context<HttpEnv>;
