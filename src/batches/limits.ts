/** OpenAI's: https://platform.openai.com/docs/api-reference/batch/create */
export const MAX_LINES = 50_000;
export const MAX_FILE_BYTES = 200 * 1024 * 1024;
export const WINDOW_MS = 24 * 60 * 60 * 1000;

/** What a request may have at most. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** Characters of a `custom_id`. */
export const MAX_CUSTOM_ID = 512;

/** Requests under way when a batch is cancelled have so long to end, milliseconds; an answer takes no longer. */
export const STOP_WITHIN_MS = 10 * 60 * 1000;
