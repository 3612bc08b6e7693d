import { expect, test } from 'vitest';
import { restartEvent } from '../../../src/gateway/midstream/restart.ts';

test('a restart is one event, and no chunk', () => {
  const sse = restartEvent({ reason: 'upstream_incomplete', id: 'gen_1', model: 'vendor/model' });
  expect(sse).toMatch(/^data: \{[^\n]*\}\n\n$/);
  expect(JSON.parse(sse.slice(6))).toEqual({
    object: 'gateway.event',
    type: 'restart',
    reason: 'upstream_incomplete',
    id: 'gen_1',
    model: 'vendor/model',
  });
});
