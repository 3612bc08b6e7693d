import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What endpoints made of probes: the newest of each ability. */
export const probes = sqliteTable(
  'probes',
  {
    endpointId: text('endpoint_id').notNull(),
    /** One of evals/probes/types.ts, like the result. */
    ability: text('ability').notNull(),
    result: text('result').notNull(),
    evidence: text('evidence').notNull(),
    /** Nano-USD, at the provider's price. */
    cost: integer('cost').notNull(),
    /** Unix milliseconds. */
    probedAt: integer('probed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.endpointId, t.ability] })],
);
