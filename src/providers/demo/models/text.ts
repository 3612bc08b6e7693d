import { lastUserText } from '../messages.ts';
import { countTokens, say } from '../tokens.ts';
import type { DemoRequest, Script } from '../types.ts';

/** The pace of a model that is neither slow nor late. */
export const BRISK = { firstMs: 20, gapMs: 20 } as const;

/** Says the last user message. */
export function echoes(request: DemoRequest): Script {
  return { pieces: say('text', lastUserText(request)), ending: 'stop', ...BRISK };
}

/** Says the last user message, late and haltingly. */
export function slow(request: DemoRequest): Script {
  return { ...echoes(request), firstMs: 1500, gapMs: 300 };
}

/** Thinks aloud, then answers. `reasoning_effort: "none"` leaves the thinking out. */
export function reasons(request: DemoRequest): Script {
  const text = lastUserText(request);
  const words = countTokens(text);
  const thought =
    `The user sent ${words} ${words === 1 ? 'token' : 'tokens'}. ` +
    'I am a demo model, so the honest answer is to repeat them.';
  const reasoning = request.reasoningEffort === 'none' ? [] : say('reasoning', thought);
  return { pieces: [...reasoning, ...say('text', `You said: ${text}`)], ending: 'stop', ...BRISK };
}
