/** Prefixes of output items, as OpenAI has them. */
export type ItemKind = 'rs' | 'msg' | 'fc' | 'ctc' | 'ig';

const ITEM_ID = /^(?:rs|msg|fc|ctc|ig)_(.+)_\d+$/;

/** An item of the output, or (`i`) of the input, of a response of this gateway. */
const OWNED_ID = /^[a-z]+_([0-9a-hjkmnp-tv-z]{26})_i?\d+$/;

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

/** @param index the item's place in the input. */
export function inputItemId(prefix: string, stem: string, index: number): string {
  return `${prefix}_${stem}_i${index}`;
}

/** The id of the response whose input or output has an item; null where its id does not say. */
export function responseOfItem(id: string): string | null {
  const stem = OWNED_ID.exec(id)?.[1];
  return stem === undefined ? null : responseId(stem);
}
