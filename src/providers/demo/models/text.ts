import { lastUserText, prefillOf } from '../messages.ts';
import { countTokens, say } from '../tokens.ts';
import type { DemoRequest, Script } from '../types.ts';

/** The pace of a model that is neither slow nor late. */
export const BRISK = { firstMs: 20, gapMs: 20 } as const;

/** What the models say that do not finish. */
export const LONG_ANSWER =
  'This answer has thirty words, so a third of it is ten and one can count how far it came ' +
  'before the connection was lost or the model fell silent.';

/** Says the last user message. An answer that somebody began, it or one that broke, it goes on with. */
export function echoes(request: DemoRequest): Script {
  const begun = prefillOf(request);
  const own = lastUserText(request);
  const whole = begun === '' ? own : ([own, LONG_ANSWER].find((text) => text.startsWith(begun)) ?? own);
  const text = whole.startsWith(begun) ? whole.slice(begun.length) : whole;
  return { pieces: say('text', text), ending: 'stop', ...BRISK };
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
