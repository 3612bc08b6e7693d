import type { Begun, CostlyEnding } from '../runs/types.ts';
import type { IdempotencyObject } from './object.ts';
import {
  ANSWER_KINDS,
  type AnswerKind,
  FINGERPRINT_HEADER,
  FOLDER_HEADER,
  type KeyScope,
  KIND_HEADER,
} from './types.ts';

interface IdempotencyBinding {
  IDEMPOTENCY: DurableObjectNamespace<IdempotencyObject>;
}

export interface Asked {
  kind: AnswerKind;
  /** Of `first` and `replay` the answer; of `spent` with the header `x-generation-id` alone, where it is known. */
  response: Response;
}

/** One idempotency key of a project. */
export interface IdempotencyClient {
  /**
   * Asks for the answer to a request: of the object's own run of it, of one under way, or as it is remembered.
   * @param fingerprint what makes two requests the same.
   * @param init method, headers and body of the request.
   */
  ask(fingerprint: string, url: string, init: RequestInit): Promise<Asked>;
  /**
   * Whether what a run has come to may be billed; then the object remembers that it is. Not where it has lost the run.
   * @param token of the run.
   */
  mayBill(token: string, ending: CostlyEnding, generationId: string): Promise<boolean>;
  /** A run ended as no whole answer. @param token of the run. @param billed whether it costs something. */
  ended(token: string, billed: boolean): Promise<void>;
  /**
   * Remembers what a run is about to begin. @param token of the run.
   * @returns false where the object has lost the run.
   */
  begins(token: string, begun: Begun): Promise<boolean>;
}

export function idempotencyClient(
  env: IdempotencyBinding,
  { workspaceId, projectId, key }: KeyScope,
): IdempotencyClient {
  const stub = env.IDEMPOTENCY.get(env.IDEMPOTENCY.idFromName(`${workspaceId}/${projectId}/${key}`));
  return {
    async ask(fingerprint, url, init) {
      const headers = new Headers(init.headers);
      headers.set(FINGERPRINT_HEADER, fingerprint);
      headers.set(FOLDER_HEADER, `idempotency/${workspaceId}`);
      const answer = await stub.fetch(url, { ...init, headers });
      const kind = ANSWER_KINDS.find((name) => name === answer.headers.get(KIND_HEADER));
      if (!kind) throw new Error('The object did not say how it answers');
      const response = new Response(answer.body, answer);
      response.headers.delete(KIND_HEADER);
      return { kind, response };
    },
    mayBill: async (token, ending, generationId) => await stub.mayBill(token, ending, generationId),
    async ended(token, billed) {
      await stub.ended(token, billed);
    },
    begins: async (token, begun) => await stub.begins(token, begun),
  };
}
