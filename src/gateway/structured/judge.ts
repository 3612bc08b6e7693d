import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { StructuredOutput } from '../../telemetry/receipt.ts';
import { type AnswerCheck, type Finding, unwrapped } from './answer-check.ts';

/** Whether an endpoint's own answer was what it was asked for; null where that cannot be said. */
export type StructuredValidity = 'valid' | 'invalid' | null;

/** What came of an answer. */
export interface Judgement {
  /** Null where there was nothing to check: the answer calls tools, or is a refusal. */
  output: StructuredOutput | null;
  validity: StructuredValidity;
}

/** One choice of an answer, as far as it matters. */
export interface Choice {
  text: string;
  finish: string | null;
  /** It calls tools, or is a refusal: no JSON is to be expected. */
  exempt: boolean;
}

/** The choices of a `chat.completion`. */
export function choicesOf(completion: JsonObject): Choice[] {
  return asArray(completion.choices)
    .filter(isObject)
    .map((choice) => {
      const message = asObject(choice.message) ?? {};
      const finish = asString(choice.finish_reason) ?? null;
      const isCall = asArray(message.tool_calls).length > 0 || isObject(message.function_call);
      const isRefusal = !!asString(message.refusal) || finish === 'content_filter';
      return { text: asString(message.content) ?? '', finish, exempt: isCall || isRefusal };
    });
}

/** Judges an answer by all its choices: the worst of them counts. @param constrained its endpoint constrains decoding. */
export function judge(choices: readonly Choice[], check: AnswerCheck, constrained: boolean): Judgement {
  const checked = choices.filter(({ exempt }) => !exempt);
  if (checked.length === 0) return { output: null, validity: null };
  const findings = checked.map((choice) => ({ choice, finding: check.find(choice.text) }));
  const broken = findings.find(({ finding }) => finding.kind === 'invalid');
  if (broken?.finding.kind === 'invalid') {
    // Who is cut off by a limit is not at fault.
    if (broken.choice.finish === 'length') return verdict('failed', 'cut_off', null);
    return verdict('failed', broken.finding.reason, 'invalid');
  }
  const unknown = findings.find(({ finding }) => finding.kind === 'unchecked');
  // Also where decoding is constrained: hosts leave out what of a schema they do not know.
  if (unknown?.finding.kind === 'unchecked') return verdict('unchecked', unknown.finding.reason, null);
  return verdict(constrained ? 'enforced' : 'validated', null, 'valid');
}

function verdict(
  name: StructuredOutput['verdict'],
  reason: StructuredOutput['reason'],
  validity: StructuredValidity,
): Judgement {
  return { output: { verdict: name, reason }, validity };
}

/**
 * The same completion with every choice that is not valid taken out of what stands around its JSON; null where
 * that does not make all of them valid. Choices whose tokens are told one by one stay as they are.
 */
export function unwrapAll(completion: JsonObject, check: AnswerCheck): JsonObject | null {
  const choices: Json[] = [];
  for (const [place, choice] of asArray(completion.choices).filter(isObject).entries()) {
    const { text, finish, exempt } = choicesOf({ choices: [choice] })[0] ?? {
      text: '',
      finish: null,
      exempt: true,
    };
    const finding: Finding = exempt ? { kind: 'valid' } : check.find(text);
    if (finding.kind === 'valid') choices[place] = choice;
    else {
      const content = finish !== 'length' && !isObject(choice.logprobs) ? unwrapped(text) : null;
      if (content === null || check.find(content).kind !== 'valid') return null;
      choices[place] = { ...choice, message: { ...asObject(choice.message), content } };
    }
  }
  return { ...completion, choices };
}
