/**
 * Deviations of one provider from its wire, as data. Each is documented with its source where a
 * provider declares it (providers/catalog.ts).
 */
export interface Quirks {
  /** Top-level request fields that the host knows by another name. */
  rename?: Record<string, string> | undefined;
  /** Top-level request fields that the host refuses or ignores: dropped, and reported. */
  drop?: readonly string[] | undefined;
  /** Top-level fields that the host demands in every request. */
  add?: Record<string, string> | undefined;
  /**
   * Where requests go instead of the wire's own path (openai and anthropic wires), for whole answers and
   * for streams. `{model}` stands for the model, which is left out of the body then.
   */
  path?: { whole: string; stream: string } | undefined;
  /** How usage comes in streams: asked for with `stream_options` (default), always, or never. */
  streamUsage?: 'opt-in' | 'always' | 'never' | undefined;
  /** The host does not know the role `developer`. */
  developerRole?: 'system' | undefined;
  /** The host refuses ids of tool calls (google wire). */
  callIds?: 'none' | undefined;
  /** `completion_tokens` leaves reasoning out. */
  reasoningOutsideCompletion?: boolean | undefined;
  /** The host takes OpenRouter's `reasoning` object; others get `reasoning_effort` made of it. */
  reasoningObject?: boolean | undefined;
  /** How the host wants to be told that a last message of the assistant is the beginning of the answer (openai wire). */
  prefill?: PrefillQuirk | undefined;
  embedding?: EmbeddingQuirk | undefined;
  image?: ImageQuirk | undefined;
  moderation?: ModerationQuirk | undefined;
  rerank?: KindQuirk | undefined;
  speech?: SpeechQuirk | undefined;
  transcription?: TranscriptionQuirk | undefined;
  /** The host speaks the Responses API as well (openai wire). */
  responses?: ResponsesQuirk | undefined;
  /** The host completes texts as well (openai wire). */
  completions?: CompletionsQuirk | undefined;
}

/** What is to be known of a host's Responses API. */
export interface ResponsesQuirk {
  /** Models that it does not serve there, as globs over its own names. */
  except?: readonly string[] | undefined;
  /** It seals the reasoning of an answer that it does not store, if asked, so that it can be sent back. */
  sealsReasoning?: boolean | undefined;
  /** Top-level request fields that it refuses: dropped, and reported. */
  drop?: readonly string[] | undefined;
}

/** Deviations of requests of one kind, whose names mean other things in chat. */
export interface KindQuirk {
  /** Where requests go instead of the wire's own path, as in `path`. */
  path?: string | undefined;
  /** As `rename` and `drop` of chat. */
  rename?: Record<string, string> | undefined;
  drop?: readonly string[] | undefined;
}

/**
 * What is to be known of a host's completions. There prompts are read as they are, without the template by which a
 * model of chat tells who says what: only models of which that is known are asked so.
 */
export interface CompletionsQuirk extends KindQuirk {
  /** Models that go on with a text, as globs over the host's own names. */
  models: readonly string[];
  /** Models that fill in what stands before a `suffix`, likewise: asked so where there is one. */
  insert?: readonly string[] | undefined;
}

export interface EmbeddingQuirk extends KindQuirk {
  /** What the host takes as `encoding_format`: other values are left out, and what comes is converted. Absent: all. */
  formats?: readonly ('float' | 'base64')[] | undefined;
  /** Inputs that one request may have; more are divided. */
  batch?: number | undefined;
  /** Tokens that all inputs of one request may have, by an estimate that is rather too high. */
  batchTokens?: number | undefined;
}

export interface ImageQuirk extends KindQuirk {
  /** What asks for the picture itself as `response_format`: `b64_json` (default), `base64`; or there is no such field. */
  format?: 'b64_json' | 'base64' | 'none' | undefined;
  /** The host takes `width` and `height` and no `size`. */
  size?: 'width_height' | undefined;
}

export interface ModerationQuirk extends KindQuirk {
  /** The host takes texts alone, no list of parts. */
  input?: 'text' | undefined;
}

export interface SpeechQuirk extends KindQuirk {
  /** The host gives sound as events too, which count tokens where a file does not: they are asked for. */
  events?: boolean | undefined;
}

export interface TranscriptionQuirk extends KindQuirk {
  /** Where translations go instead of the wire's own path. */
  translationPath?: string | undefined;
  /** What the other formats are made of where that is not to be seen by the model's name; or there are no formats. */
  format?: 'json' | 'verbose_json' | 'none' | undefined;
}

export interface PrefillQuirk {
  /** `true` at this member of the message; or `continue_final_message` beside the messages, as vLLM and SGLang take it. */
  mark: 'prefix' | 'partial' | 'continue_final_message';
  /** Where such requests go, if not where all others do. */
  path?: string | undefined;
}
