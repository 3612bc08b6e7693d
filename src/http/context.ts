import type { Context } from 'hono';
import type { Env } from '../env.ts';
import type { BatchRun, Keeper } from '../gateway/types.ts';
import type { Principal } from '../tenancy/types.ts';

/** A line of a batch, as the gateway calls itself with it. */
export interface LineRun {
  generationId: string;
  /** Its number in the input. */
  line: number;
  batch: BatchRun;
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
  /** Set where the principal is a signed-in person. */
  sessionId?: string;
}

export type HttpEnv = { Bindings: Env; Variables: Variables };

export type HttpContext = Context<HttpEnv>;
