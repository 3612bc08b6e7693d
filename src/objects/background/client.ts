import type { Begun } from '../runs/types.ts';
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
  /** Begins it. @param init method, headers and body of the request. */
  start(begun: Begun, url: string, init: RequestInit): Promise<void>;
  /** What the gateway answers, from its start and then live; null where that is not known, or no more. */
  answer(): Promise<Response | null>;
  state(): Promise<RunState>;
  /** Ends it; returns when what it came to is known. */
  cancel(): Promise<void>;
  /** Ends it and deletes its events. */
  forget(): Promise<void>;
  /** It ended as no whole answer. @param token of the run. */
  ended(token: string): Promise<void>;
  /** Whether the object itself ended it. @param token of the run. */
  gaveUp(token: string): Promise<boolean>;
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
    async forget() {
      await stub.forget();
    },
    async ended(token) {
      await stub.ended(token);
    },
    gaveUp: async (token) => await stub.gaveUp(token),
  };
}
