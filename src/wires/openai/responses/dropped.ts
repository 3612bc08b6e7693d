/** Names of what was left out because it has no effect on the answer. */
export type Dropped = Set<string>;
