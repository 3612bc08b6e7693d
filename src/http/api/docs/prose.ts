import { html } from 'hono/html';
import { asString } from '../../../lib/json.ts';

/** Text whose `…` parts are code. */
export function prose(text: unknown) {
  const parts = (asString(text) ?? '').split('`');
  return parts.map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
