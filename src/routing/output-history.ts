import { LruMap } from '../lib/lru.ts';

/** How much the newest answer counts. */
const NEWEST = 0.2;

const SCOPES_KEPT = 10_000;

/** Output tokens of an answer by scope, a moving average. Each isolate learns for itself. */
const averages = new LruMap<string, number>(SCOPES_KEPT);

/** Whose answers are alike: those of one workflow of a workspace, without one those of one key. */
export function outputScope(workspaceId: string, workflow: string | null, keyId: string): string {
  return workflow === null ? `${workspaceId}\nkey\n${keyId}` : `${workspaceId}\nworkflow\n${workflow}`;
}

/** Learns from an answer. @param tokens its output, of each answer where it was several. */
export function learnOutput(scope: string, tokens: number): void {
  const average = averages.get(scope);
  averages.set(scope, average === undefined ? tokens : average + NEWEST * (tokens - average));
}

/** The output tokens to expect of an answer; null when nothing was learned. */
export function expectedOutput(scope: string): number | null {
  const average = averages.get(scope);
  return average === undefined ? null : Math.ceil(average);
}
