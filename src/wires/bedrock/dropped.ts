/** Names of request fields that could not be sent, each once, in the order they were met. */
export type Dropped = Set<string>;
