import type { FinishReason } from '../types.ts';

/** https://ai.google.dev/api/generate-content#FinishReason: what the provider held back. */
const FILTERED: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

/**
 * OpenAI's finish reason, or null for an answer that was given up: a call that is malformed or was not
 * asked for, a missing image, reasons unknown. Such an answer is not whole, so it is no clean stop.
 * @param called the answer holds calls.
 */
export function mapFinishReason(reason: string, called: boolean, legacy: boolean): FinishReason | null {
  if (reason === 'STOP') return called ? (legacy ? 'function_call' : 'tool_calls') : 'stop';
  if (reason === 'MAX_TOKENS') return 'length';
  return isFiltered(reason) ? 'content_filter' : null;
}

/** Whether the provider held an answer back. */
export function isFiltered(reason: string): boolean {
  return FILTERED.has(reason);
}

/** The refusal of an answer of which nothing came. */
export function refusalText(reason: string, message: string | undefined): string {
  return message || `The provider blocked the answer (${reason}).`;
}

/** The refusal of a prompt (`promptFeedback.blockReason`). */
export function promptRefusal(reason: string, message: string | undefined): string {
  return message || `The provider blocked the prompt (${reason}).`;
}
