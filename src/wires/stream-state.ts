import type { StreamState } from './types.ts';

/** What a stream has told before its first event. @param created Unix seconds. */
export function newStreamState(created: number): StreamState {
  return {
    finished: false,
    done: false,
    finishReason: null,
    rawFinishReason: null,
    usage: null,
    usageObject: null,
    upstreamId: null,
    upstreamModel: null,
    created,
    outputChars: 0,
    content: '',
    toolCalls: false,
    otherOutput: false,
  };
}
