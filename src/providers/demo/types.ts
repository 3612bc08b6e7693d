import type { Json, JsonObject } from '../../lib/json.ts';

/** What the demo models act on in a chat completion request. */
export interface DemoRequest {
  model: string;
  messages: Json[];
  stream: boolean;
  includeUsage: boolean;
  /** How many choices are asked for. */
  n: number;
  /** The most tokens one choice may have. */
  maxTokens: number;
  stop: string[];
  tools: JsonObject[];
  toolChoice: Json | undefined;
  responseFormat: JsonObject | undefined;
  reasoningEffort: string | undefined;
}

/** The smallest part of an answer: one token, one delta of a stream. */
export type Piece =
  | { kind: 'reasoning'; text: string }
  | { kind: 'text'; text: string }
  /** Opens a tool call; its arguments follow. */
  | { kind: 'call'; call: number; name: string }
  | { kind: 'arguments'; call: number; text: string };

/** One choice of an answer as it will be said, and how fast. */
export interface Script {
  pieces: readonly Piece[];
  /** A finish reason; or the connection ends (`cut`) or nothing more comes (`silence`) after the last piece. */
  ending: 'stop' | 'length' | 'tool_calls' | 'cut' | 'silence';
  /** Milliseconds before the first piece. */
  firstMs: number;
  /** Milliseconds between two pieces. */
  gapMs: number;
}

/**
 * How one demo model answers.
 * @throws DemoError for a model that fails before it says anything.
 */
export type DemoModel = (request: DemoRequest) => Script;
