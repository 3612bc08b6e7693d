import { DemoError } from '../error.ts';
import { say } from '../tokens.ts';
import type { DemoModel, DemoRequest, Script } from '../types.ts';
import { BRISK, echoes, LONG_ANSWER } from './text.ts';

/** How long it takes to load, and after which pause it is gone again. */
const LOADS_MS = 8_000;
const STAYS_MS = 60_000;

/** Never answers: 500. */
export function fails(): never {
  throw new DemoError(500, {
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
  });
}

/** Answers like the echo, but every second request that it gets ends in 503. */
export function flaky(): DemoModel {
  let requests = 0;
  return (request: DemoRequest): Script => {
    requests++;
    if (requests % 2 === 0) {
      throw new DemoError(503, {
        message: 'The engine is currently overloaded, please try again later.',
        type: 'server_error',
      });
    }
    return echoes(request);
  };
}

/** Scaled to zero: who asks after a pause is told to wait until it has loaded, and then gets the echo. */
export function sleepy(): DemoModel {
  let wokenAt = 0;
  let lastAskedAt = 0;
  return (request: DemoRequest): Script => {
    const now = Date.now();
    if (now - lastAskedAt > STAYS_MS) wokenAt = now;
    lastAskedAt = now;
    const left = Math.ceil((wokenAt + LOADS_MS - now) / 1000);
    if (left <= 0) return echoes(request);
    throw new DemoError(
      503,
      {
        message: `The model is loading; ready in about ${left} s.`,
        type: 'server_error',
        code: 'model_loading',
      },
      { 'retry-after': String(Math.min(left, 2)) },
    );
  };
}

/** Is always out of quota: 429, to be repeated in two seconds. */
export function limited(): never {
  throw new DemoError(
    429,
    {
      message: 'Rate limit reached for demo-limited on requests per min. Please try again in 2s.',
      type: 'requests',
      code: 'rate_limit_exceeded',
    },
    {
      'retry-after': '2',
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '2s',
    },
  );
}

/** Says a third of its answer, then the connection ends. */
export function breaks(): Script {
  const pieces = say('text', LONG_ANSWER);
  return { pieces: pieces.slice(0, pieces.length / 3), ending: 'cut', ...BRISK };
}

/** What a caller that does not stream gets when the connection to the model ended. */
export function connectionLost(): DemoError {
  return new DemoError(500, {
    message: 'The connection to the model was lost before its answer was complete.',
    type: 'server_error',
  });
}

/** Says five tokens, then nothing, for as long as the caller waits. */
export function stalls(): Script {
  return { pieces: say('text', LONG_ANSWER).slice(0, 5), ending: 'silence', ...BRISK };
}
