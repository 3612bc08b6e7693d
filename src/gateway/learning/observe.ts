import type { GatewayError } from '../../errors.ts';
import type { Observation, Outcome } from '../../routing/health/types.ts';
import type { StreamState } from '../../wires/types.ts';
import { isFaultOfEndpoint } from '../attempt/failure.ts';
import type { ServedPlain, ServedStream, ServedWhole } from '../attempt/served.ts';
import type { StructuredValidity } from '../structured/judge.ts';
import type { Call, Candidate } from '../types.ts';
import { type ToolCallVerdict, toolCallsOf, verdictOn } from './tool-calls.ts';

/** What an answer was like, beyond having come. */
interface Verdicts {
  toolCalls: ToolCallVerdict;
  structured: StructuredValidity;
}

/** Tells health of a whole answer. @param structured whether it was the JSON that was asked for. */
export function observeWhole(call: Call, served: ServedWhole, structured: StructuredValidity = null): void {
  const { answer, native } = served;
  const toolCalls = native ? verdictOn(answer.calls ?? []) : toolCallsOf(answer.text);
  observeAnswer(call, served, { toolCalls, structured });
}

/** The same of an answer that calls no tools, whatever it says. */
export function observePlain(call: Call, served: ServedWhole): void {
  observeAnswer(call, served, { toolCalls: null, structured: null });
}

function observeAnswer(
  call: Call,
  { candidate, answer, calledAt, request }: ServedWhole,
  { toolCalls, structured }: Verdicts,
): void {
  const at = Date.now();
  const { usage } = answer;
  call.health.observe({
    endpoint: candidate.endpoint.id,
    model: candidate.model.id,
    at,
    startedAt: calledAt,
    outcome: 'ok',
    answerMs: at - calledAt,
    ...(usage && !usage.uncounted && !request.form
      ? { inputBytes: request.bytes.byteLength, inputTokens: usage.inputTokens }
      : {}),
    ...(toolCalls ? { toolCalls } : {}),
    ...(structured ? { structured } : {}),
  });
}

/** Tells health of a stream that has ended, or has broken after its first words. What the client ended tells of the rest. */
export function observeStream(
  call: Call,
  { candidate, calledAt, request, record }: ServedStream,
  state: StreamState,
  { toolCalls, structured }: Verdicts,
  failure: GatewayError | null,
): void {
  const at = Date.now();
  const observation: Observation = {
    endpoint: candidate.endpoint.id,
    model: candidate.model.id,
    at,
    startedAt: calledAt,
    outcome: outcomeOf(failure, candidate),
  };
  const { usage } = state;
  if (record.first_token_ms !== null) {
    observation.ttftMs = record.first_token_ms;
    if (usage) {
      observation.outputTokens = usage.outputTokens;
      observation.streamMs = Math.max(0, at - calledAt - record.first_token_ms);
    }
  }
  if (usage && !failure) {
    observation.inputBytes = request.bytes.byteLength;
    observation.inputTokens = usage.inputTokens;
  }
  // What broke off is no JSON, and not for want of trying.
  if (toolCalls && !failure && state.finished) observation.toolCalls = toolCalls;
  if (structured && !failure) observation.structured = structured;
  call.health.observe(observation);
}

/** The same of a stream that is no chat: of its words nothing is learned. */
export function observePlainStream(
  call: Call,
  { candidate, calledAt, record }: ServedPlain,
  failure: GatewayError | null,
): void {
  call.health.observe({
    endpoint: candidate.endpoint.id,
    model: candidate.model.id,
    at: Date.now(),
    startedAt: calledAt,
    outcome: outcomeOf(failure, candidate),
    ...(record.first_token_ms === null ? {} : { ttftMs: record.first_token_ms }),
  });
}

function outcomeOf(failure: GatewayError | null, candidate: Candidate): Outcome {
  if (!failure || !isFaultOfEndpoint(failure, candidate)) return 'ok';
  return failure.code === 'upstream_timeout' ? 'stall' : 'cut';
}
