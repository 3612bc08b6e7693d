import { DemoError } from '../error.ts';
import { say } from '../tokens.ts';
import type { DemoModel, DemoRequest, Script } from '../types.ts';
import { BRISK, echoes } from './text.ts';

const LONG_ANSWER =
  'This answer has thirty words, so a third of it is ten and one can count how far it came ' +
  'before the connection was lost or the model fell silent.';

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
