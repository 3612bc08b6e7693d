import type { JsonObject } from '../../../../lib/json.ts';

/** Says an event of the stream. Where a whole answer is written nobody listens. */
export type Say = (type: string, members: JsonObject) => void;

/** Whether an item is whole. */
export type ItemStatus = 'completed' | 'incomplete';

/** Where an item stands, and how it is spoken of. */
export interface Place {
  id: string;
  /** `output_index` */
  index: number;
  say: Say;
}

/** One item of the output, while it is written. */
export interface Item {
  readonly closed: boolean;
  /** Says the rest of it. Afterwards it does not change. */
  close(status: ItemStatus): void;
  /** The item as it is; `status` is that of one that is not closed. */
  json(status: ItemStatus): JsonObject;
}
