import { asNumber } from '../../lib/json.ts';
import type { ServedStream } from '../attempt/served.ts';
import type { ChatCall, Trail } from '../types.ts';
import { AnswerCheck } from './answer-check.ts';
import { isConstrained } from './constrained.ts';
import { type Judgement, judge } from './judge.ts';
import { onlyChoice, StreamedChoices } from './streamed.ts';
import { wantedOf } from './wanted.ts';

/**
 * Notes on the trail what is known of a stream before it is there: that its endpoint constrains decoding, and that
 * what comes of it can be checked.
 */
export function announceStream({ request }: ChatCall, trail: Trail, served: ServedStream): void {
  const wanted = wantedOf(request);
  if (!wanted || !isConstrained(served.candidate, request, served.dropped, wanted)) return;
  if (!new AnswerCheck(wanted).isPossible()) return;
  trail.structured = { verdict: 'enforced', reason: null };
}

/** What keeps the texts of a stream's choices where its state does not; null where it does, or nothing is wanted. */
export function keeperOfChoices({ request }: ChatCall): StreamedChoices | null {
  return wantedOf(request) && (asNumber(request.body().n) ?? 1) > 1 ? new StreamedChoices() : null;
}

/** Judges a stream that has ended. @param choices what was kept of them, where there are several. */
export function judgeStream(
  { request }: ChatCall,
  served: ServedStream,
  choices: StreamedChoices | null,
): Judgement | null {
  const wanted = wantedOf(request);
  if (!wanted) return null;
  const constrained = isConstrained(served.candidate, request, served.dropped, wanted);
  const said = choices?.all ?? [onlyChoice(served.stream.decoder.state)];
  return judge(said, new AnswerCheck(wanted), constrained);
}
