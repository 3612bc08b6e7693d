import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { WireRequest } from '../../wires/types.ts';
import type { Pursuit } from '../attempt/pursuit.ts';
import type { ServedWhole } from '../attempt/served.ts';
import { learnFromAnswer } from '../learning/learn.ts';
import { observeWhole } from '../learning/observe.ts';
import { usageObject } from '../midstream/usage.ts';
import type { Part } from '../settling/settle.ts';
import type { ChatCall, Trail } from '../types.ts';
import { AnswerCheck } from './answer-check.ts';
import { askAgain, usageOfBoth } from './ask-again.ts';
import { isConstrained } from './constrained.ts';
import { type Choice, choicesOf, type Judgement, judge, unwrapAll } from './judge.ts';
import { type Wanted, wantedOf } from './wanted.ts';

/** An answer that was checked: what the client gets of it, and who is paid for what. */
export interface Checked {
  served: ServedWhole;
  parts: Part[];
}

/** What a check works with. */
export interface Checking {
  call: ChatCall;
  trail: Trail;
  pursuit: Pursuit;
  policy: Policy;
}

/** Whether an answer to this request may be asked for twice. */
export function mayAskTwice(request: WireRequest, policy: Policy): boolean {
  return policy.repair === 'ask' && request.kind === 'chat' && !request.stream && wantedOf(request) !== null;
}

/**
 * Holds a whole answer against what its request wants, and where the policy says so mends it: takes its JSON out of
 * what stands around it, or asks its endpoint once more. Notes on the trail what was found, and tells health of each
 * answer. A second answer that is no better leaves the client the first.
 */
export async function checkWhole(checking: Checking, served: ServedWhole, wanted: Wanted): Promise<Checked> {
  const { call, trail, policy } = checking;
  const check = new AnswerCheck(wanted);
  const completion = completionOf(served);
  const said = choicesIn(served, completion);
  const first = judgeServed(call, served, said, check, wanted);
  trail.structured = first.output;
  const parts = [partOf(served)];
  if (first.validity !== 'invalid' || policy.repair === 'none') return { served, parts };
  // What is in the client's own format is passed on as it came.
  const mended = served.native ? null : unwrapAll(completion, check);
  if (mended) {
    trail.structured = { verdict: 'repaired', reason: 'unwrapped' };
    return { served: withText(served, mended), parts };
  }
  const [choice, ...others] = said;
  if (!choice || others.length > 0 || !mayAskTwice(call.request, policy)) return { served, parts };
  const misfit = { served, text: choice.text, complaints: check.complaints(choice.text) };
  const again = await askAgain(checking, call.request, misfit);
  if (!again) return { served, parts };
  parts.push(partOf(again));
  const second = completionOf(again);
  const { validity } = judgeServed(call, again, choicesIn(again, second), check, wanted);
  const better = validity === 'valid' ? second : unwrapAll(second, check);
  if (better) trail.structured = { verdict: 'repaired', reason: 'asked_again' };
  return { served: inAll(better ? again : served, better ?? completion, parts), parts };
}

/** Judges one upstream's answer and tells health of it. */
function judgeServed(
  call: ChatCall,
  served: ServedWhole,
  choices: readonly Choice[],
  check: AnswerCheck,
  wanted: Wanted,
): Judgement {
  const constrained = isConstrained(served.candidate, call.request, served.dropped, wanted);
  const judgement = judge(choices, check, constrained);
  observeWhole(call, served, judgement.validity);
  if (served.answer.usage) learnFromAnswer(call, served.candidate, served.answer.usage);
  return judgement;
}

function completionOf({ answer }: ServedWhole): JsonObject {
  return asObject(parseJson(answer.text)) ?? {};
}

/** What an answer says. @param completion its text, parsed. */
function choicesIn({ answer, native }: ServedWhole, completion: JsonObject): Choice[] {
  if (!native) return choicesOf(completion);
  const { said, calls = [], finishReason } = answer;
  const exempt = calls.length > 0 || said === undefined || finishReason === 'content_filter';
  return [{ text: said ?? '', finish: finishReason, exempt }];
}

function partOf({ candidate, answer }: ServedWhole): Part {
  return { candidate, usage: answer.usage };
}

function withText(served: ServedWhole, completion: JsonObject): ServedWhole {
  return { ...served, answer: { ...served.answer, text: JSON.stringify(completion) } };
}

/** The answer with the usage of all: the caller pays for both. */
function inAll(served: ServedWhole, completion: JsonObject, [first, second]: readonly Part[]): ServedWhole {
  const usage = usageOfBoth(first?.usage ?? null, second?.usage ?? null);
  // It tells its own usage; the receipt tells that of both.
  if (served.native) return { ...served, answer: { ...served.answer, usage } };
  const told = { ...completion, usage: usage && usageObject(usage) };
  const text = withText(served, told).answer.text;
  return { ...served, answer: { ...served.answer, text, usage } };
}
