import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Price } from '../../registry/types.ts';

/** Prices that wait for a person's word before they come into force, and what was said. */
export const registryChanges = sqliteTable(
  'registry_changes',
  {
    /** Made of the endpoint and both prices, so that what was asked once is not asked again. */
    id: text('id').primaryKey(),
    endpointId: text('endpoint_id').notNull(),
    /** `jump`, `zero` or `disputed`. */
    reason: text('reason').$type<'jump' | 'zero' | 'disputed'>().notNull(),
    before: text('before', { mode: 'json' }).$type<Price>().notNull(),
    after: text('after', { mode: 'json' }).$type<Price>().notNull(),
    /** `superseded`: the sources say something else by now. */
    state: text('state').$type<'pending' | 'approved' | 'rejected' | 'superseded'>().notNull(),
    /** Unix milliseconds, as are the rest. */
    foundAt: integer('found_at').notNull(),
    decidedAt: integer('decided_at'),
    decidedBy: text('decided_by'),
  },
  (t) => [index('registry_changes_by_endpoint').on(t.endpointId)],
);
