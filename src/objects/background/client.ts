import type { Begun, CostlyEnding } from '../runs/types.ts';
import type { BackgroundObject } from './object.ts';
import { GENERATION_HEADER, type RunState } from './types.ts';

interface BackgroundBinding {
  BACKGROUND: DurableObjectNamespace<BackgroundObject>;
}

/** Whose run it is. */
export interface RunScope {
  workspaceId: string;
  projectId: string;
  generationId: string;
}

/** A generation that runs while no client waits for it. */
export interface BackgroundClient {
  /** Begins it; where it has begun, that changes nothing. @param init method, headers and body of the request. */
  start(begun: Begun, url: string, init: RequestInit): Promise<void>;
  /** What the gateway answers, from its start and then live; null where that is not known, or no more. */
  answer(): Promise<Response | null>;
  state(): Promise<RunState>;
  /** Ends it; returns when what it came to is known. */
  cancel(): Promise<void>;
  /** Ends it as if it had never begun: it costs nothing. */
  drop(): Promise<void>;
  /** Ends it and deletes its events. */
  forget(): Promise<void>;
  /** Whether what it has come to may be billed; not where the object has lost it. @param token of the run. */
  mayBill(token: string, ending: CostlyEnding): Promise<boolean>;
  /** It ended as no whole answer. @param token of the run. */
  ended(token: string): Promise<void>;
}

export function backgroundClient(
  env: BackgroundBinding,
  { workspaceId, projectId, generationId }: RunScope,
): BackgroundClient {
  const name = `${workspaceId}/${projectId}/${generationId}`;
  const stub = env.BACKGROUND.get(env.BACKGROUND.idFromName(name));
  return {
    async start(begun, url, init) {
      const headers = new Headers(init.headers);
      headers.set(GENERATION_HEADER, JSON.stringify(begun));
      const { status } = await stub.fetch(url, { ...init, headers });
      if (status !== 202) throw new Error('The run was not begun');
    },
    async answer() {
      const response = await stub.fetch('https://background.internal/');
      return response.status === 404 ? null : response;
    },
    state: async () => await stub.state(),
    async cancel() {
      await stub.cancel();
    },
    async drop() {
      await stub.drop();
    },
    async forget() {
      await stub.forget();
    },
    mayBill: async (token, ending) => await stub.mayBill(token, ending),
    async ended(token) {
      await stub.ended(token);
    },
  };
}
