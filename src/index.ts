import { app } from './app.ts';
import type { Env } from './env.ts';

export { BackgroundObject } from './objects/background/object.ts';
export { HealthObject } from './objects/health/object.ts';
export { IdempotencyObject } from './objects/idempotency/object.ts';
export { TracesObject } from './objects/traces/object.ts';
export { WorkspaceObject } from './objects/workspace/object.ts';

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  async scheduled(controller, env) {
    const { runScheduled } = await import('./scheduled.ts');
    await runScheduled(env, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env>;
