import { expect, test } from 'vitest';
import type { Json } from '../../../src/lib/json.ts';
import { constrains } from '../../../src/wires/openai/constrains.ts';
import type { ChatRequest } from '../../../src/wires/types.ts';

const schema = { type: 'object' };

test.each<[Json, boolean]>([
  [{ type: 'json_object' }, true],
  [{ type: 'json_schema', json_schema: { name: 'n', strict: true, schema } }, true],
  [{ type: 'json_schema', json_schema: { name: 'n', schema } }, false],
  // There is nothing to be strict about.
  [{ type: 'json_schema', json_schema: { name: 'n', strict: true } }, false],
])('%j binds: %s', (response_format, binds) => {
  const request = { body: () => ({ model: 'm', messages: [], response_format }) };
  expect(constrains(request as unknown as ChatRequest)).toBe(binds);
});
