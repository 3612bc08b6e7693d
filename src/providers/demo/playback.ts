import type { TimedEvent } from './answer.ts';

/** Milliseconds that a timer can be set for; longer ones fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Plays timed events to whoever reads. A timer runs only while a read waits for it, and ends with the
 * reader's cancel or with the signal, which makes the stream fail as an aborted fetch does.
 */
export function playback(events: Iterator<TimedEvent>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal]);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = events.next();
        if (next.done) {
          controller.close();
          return;
        }
        try {
          await sleep(next.value.afterMs, ended);
        } catch (reason) {
          // Nobody is there to be told when the reader itself has left.
          if (left.signal.aborted) return;
          throw reason;
        }
        controller.enqueue(encoder.encode(next.value.text));
      },
      cancel(reason) {
        left.abort(reason);
      },
    },
    // Without a queue nothing is prepared before it is asked for.
    { highWaterMark: 0 },
  );
}

/** Waits, for `Infinity` as long as a timer can. Rejects with the signal's reason, and leaves no timer behind. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const onTime = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = setTimeout(onTime, Math.min(ms, LONGEST_TIMER));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
