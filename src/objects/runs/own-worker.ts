import type { RunProps } from './types.ts';

/** This Worker, as a client calls it, but for what it is told of the run. */
export function ownWorker(ctx: DurableObjectState, props: RunProps): Fetcher {
  return (ctx.exports as unknown as { default(options: { props: RunProps }): Fetcher }).default({ props });
}
