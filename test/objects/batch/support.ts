import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Bindings, Env } from '../../../src/env.ts';
import type { BatchObject } from '../../../src/objects/batch/object.ts';
import type {
  BatchOrder,
  Claim,
  ClaimedLine,
  Outcome,
  PlannedLine,
  SlotMessage,
} from '../../../src/objects/batch/types.ts';

const bindings = env as unknown as Bindings;
export const LEASE_MS = 1_000;
let batches = 0;

interface Sent {
  message: SlotMessage;
  delaySeconds: number;
}

/** A batch whose messages are written down and go nowhere. */
export interface Batch {
  stub: DurableObjectStub<BatchObject>;
  sent: Sent[];
  /** How often the Workflow was woken. */
  woken: number;
  run<T>(work: (object: BatchObject) => T | Promise<T>): Promise<T>;
}

export const plain = (line: number, failure: string | null = null): PlannedLine => ({
  line,
  start: line * 100,
  bytes: 90,
  customId: `id-${line}`,
  failure,
});

export async function newBatch(
  lines: PlannedLine[],
  inFlight = 2,
  endpoint = '/v1/chat/completions',
): Promise<Batch> {
  const order: BatchOrder = {
    batchId: `batch_${++batches}`,
    workspaceId: 'ws_1',
    projectId: 'prj_1',
    keyId: 'key_1',
    address: null,
    origin: 'https://gateway.test',
    endpoint,
    inputFileId: 'file-1',
    createdAt: 1_700_000_000_000,
    expiresAt: 1_700_086_400_000,
  };
  const stub = bindings.BATCH.get(bindings.BATCH.idFromName(order.batchId));
  const sent: Sent[] = [];
  const batch: Batch = {
    stub,
    sent,
    woken: 0,
    run: (work) => runInDurableObject(stub, (object) => work(object)),
  };
  const simulated = {
    ...bindings,
    BATCH_LINES_IN_FLIGHT: String(inFlight),
    BATCH_LEASE_MS: String(LEASE_MS),
    BATCH_SLOTS: {
      send: async (message: SlotMessage, { delaySeconds }: { delaySeconds: number }) => {
        sent.push({ message, delaySeconds });
      },
    },
    BATCHES: {
      get: async () => ({
        sendEvent: async () => {
          batch.woken++;
        },
      }),
    },
  };
  await batch.run(async (object) => {
    (object as unknown as { env: Env }).env = simulated as unknown as Env;
    await object.open(order);
    object.plan(lines);
    await object.start();
  });
  return batch;
}

export const claimOf = (claim: Claim): ClaimedLine => {
  if (claim.kind !== 'line') throw new Error(`No line, but ${claim.kind}`);
  return claim.claimed;
};
export const done = ({ line, attempt }: ClaimedLine, ok = true): Outcome => ({
  kind: 'done',
  line,
  attempt,
  ok,
  text: `result of ${line}.${attempt}`,
  file: null,
  usage: { input: 3, cached: 1, output: 2, reasoning: 1 },
  uncertain: false,
});
export const firstOf = ({ sent }: Batch): SlotMessage => {
  const [first] = sent;
  if (!first) throw new Error('Nothing was sent');
  return first.message;
};
