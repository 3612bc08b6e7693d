import { app } from './app.ts';
import type { LineProps } from './batches/lines/props.ts';
import type { Env } from './env.ts';
import type { SlotMessage } from './objects/batch/types.ts';

export { BatchFilesEntrypoint } from './batches/files-entrypoint.ts';
export { BatchWorkflow } from './batches/workflow.ts';
export { BatchLinesEntrypoint } from './http/batch-lines.ts';
export { BackgroundObject } from './objects/background/object.ts';
export { BatchObject } from './objects/batch/object.ts';
export { HealthObject } from './objects/health/object.ts';
export { IdempotencyObject } from './objects/idempotency/object.ts';
export { TracesObject } from './objects/traces/object.ts';
export { WorkspaceObject } from './objects/workspace/object.ts';

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  async queue(messages, env, ctx) {
    const { consumeSlots } = await import('./batches/consume.ts');
    const { BatchLinesEntrypoint } = ctx.exports as unknown as {
      BatchLinesEntrypoint(options: { props: LineProps }): Fetcher;
    };
    await consumeSlots(messages, env, (props) => BatchLinesEntrypoint({ props }));
  },
  async scheduled(controller, env) {
    const { runScheduled } = await import('./scheduled.ts');
    await runScheduled(env, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env, SlotMessage>;
