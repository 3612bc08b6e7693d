import type { HealthObject } from './object.ts';
import type { Continent, Report, Snapshot } from './types.ts';

export interface HealthBinding {
  HEALTH: DurableObjectNamespace<HealthObject>;
}

/** What one continent knows of endpoints. */
export interface HealthClient {
  /** Tells, and answers what has changed since the version that the report names. */
  report(report: Report): Promise<Snapshot>;
  /** All that is known, up to this moment. */
  read(): Promise<Snapshot>;
}

export function healthClient(env: HealthBinding, continent: Continent): HealthClient {
  const stub = env.HEALTH.get(env.HEALTH.idFromName(continent));
  return {
    report: async (report) => JSON.parse(await stub.report(report)) as Snapshot,
    read: async () => JSON.parse(await stub.read()) as Snapshot,
  };
}
