/** Prefixes of output items, as OpenAI has them. */
export type ItemKind = 'rs' | 'msg' | 'fc' | 'ctc' | 'ig';

const ITEM_ID = /^(?:rs|msg|fc|ctc|ig)_(.+)_\d+$/;

/** What stands behind the prefix of a generation id. */
export function stemOf(generationId: string): string {
  return generationId.replace(/^gen_/, '');
}

/** The response of a generation: `resp_…` for `gen_…`. */
export function responseId(stem: string): string {
  return `resp_${stem}`;
}

/** @param index the item's place in the output. */
export function itemId(kind: ItemKind, stem: string, index: number): string {
  return `${kind}_${stem}_${index}`;
}

/** The response that an item of ours belongs to; null for an item of another maker. */
export function stemOfItem(id: unknown): string | null {
  return (typeof id === 'string' && ITEM_ID.exec(id)?.[1]) || null;
}
