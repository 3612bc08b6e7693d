import type { ErrorEnvelope } from '../../../errors.ts';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../../lib/json.ts';
import { type Progress, saidLast } from '../../native.ts';
import type { SurfaceLabels, SurfaceStream } from '../../surfaces.ts';
import { stemOf } from './ids.ts';
import { Output } from './output/output.ts';
import type { ItemStatus } from './output/place.ts';
import { shellOf } from './shell.ts';
import { responseUsage } from './usage.ts';

/** Why an answer is not whole, by the finish reason of a chat completion. */
const INCOMPLETE: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

/** How an answer ended: the members of its response that say so. */
function endingOf(finish: string | null): { status: ItemStatus; members: JsonObject } {
  const reason = finish !== null && Object.hasOwn(INCOMPLETE, finish) ? INCOMPLETE[finish] : undefined;
  if (reason === undefined) return { status: 'completed', members: { status: 'completed' } };
  return { status: 'incomplete', members: { status: 'incomplete', incomplete_details: { reason } } };
}

/** What an answer says of how it was served; unknown usage is left out, as the description has no null for it. */
function servedAs(answer: JsonObject, tier: Json | undefined): JsonObject {
  const usage = responseUsage(answer.usage);
  return { ...(tier == null ? {} : { service_tier: tier }), ...(usage ? { usage } : {}) };
}

/** A whole response. @param request the request as it came. */
export function wholeResponse(
  request: JsonObject,
  completion: JsonObject,
  labels: SurfaceLabels,
): JsonObject {
  const output = new Output(stemOf(labels.id), () => {});
  const choice = asObject(asArray(completion.choices)[0]) ?? {};
  output.take(asObject(choice.message) ?? {}, choice.logprobs);
  const { status, members } = endingOf(asString(choice.finish_reason) ?? null);
  output.close(status);
  return {
    ...shellOf(request, labels),
    ...members,
    output: output.json(status),
    ...servedAs(completion, completion.service_tier),
  };
}

/**
 * Writes a streamed response (https://platform.openai.com/docs/api-reference/responses-streaming). The last event
 * is `response.completed`, `response.incomplete` or `response.failed`; OpenAI sends no `[DONE]` behind it.
 */
export class ResponseStream implements SurfaceStream {
  #shell: JsonObject;
  readonly #output: Output;
  #sequence = 0;
  #written = '';
  #finish: string | null = null;
  #tier: Json | undefined;

  /** @param request the request as it came. */
  constructor(request: JsonObject, labels: SurfaceLabels) {
    this.#shell = shellOf(request, labels);
    this.#output = new Output(stemOf(labels.id), (type, members) => this.#say(type, members));
  }

  push(chunk: JsonObject): string {
    this.#begin();
    this.#tier = chunk.service_tier ?? this.#tier;
    for (const entry of asArray(chunk.choices)) {
      const choice = asObject(entry);
      if (!choice || (choice.index ?? 0) !== 0) continue;
      this.#output.take(asObject(choice.delta) ?? {}, choice.logprobs);
      this.#finish = asString(choice.finish_reason) ?? this.#finish;
    }
    return this.#take();
  }

  end(chunk: JsonObject): string {
    this.#begin();
    const { status, members } = endingOf(this.#finish);
    this.#output.close(status);
    const response: JsonObject = {
      ...this.#shell,
      ...members,
      output: this.#output.json(status),
      ...servedAs(chunk, this.#tier),
      ...saidLast(chunk),
    };
    this.#say(`response.${status}`, { response });
    return this.#take();
  }

  /** As OpenAI says it: an event `error`, which its SDK throws, then the response that failed, with what there is of it. */
  fail(error: ErrorEnvelope['error']): string {
    this.#begin();
    const { code, message, param } = error;
    this.#say('error', { code, message, param });
    const response = failedResponse({ ...this.#shell, output: this.#output.json('incomplete') }, error);
    this.#say('response.failed', { response });
    return this.#take();
  }

  ping(): string {
    return ': ping\n\n';
  }

  adopt(progress: Progress): void {
    if (progress.format !== 'responses') return;
    this.#shell = progress.shell;
    this.#sequence = progress.sequence;
    this.#output.adopt(progress.items);
  }

  #begin(): void {
    if (this.#sequence > 0) return;
    for (const type of ['response.created', 'response.in_progress'])
      this.#say(type, { response: this.#shell });
  }

  #say(type: string, members: JsonObject): void {
    const data = JSON.stringify({ type, ...members, sequence_number: this.#sequence++ });
    this.#written += `event: ${type}\ndata: ${data}\n\n`;
  }

  #take(): string {
    const written = this.#written;
    this.#written = '';
    return written;
  }
}

/** A response that failed with this. */
export function failedResponse(
  response: JsonObject,
  { message, type, code, param, request_id }: ErrorEnvelope['error'],
): JsonObject {
  const error = { code: responseCode(code, type), message, type, param, request_id, gateway_code: code };
  return { ...response, status: 'failed', error };
}

/** The code of a failed response is one of OpenAI's closed list; ours stands beside it. */
function responseCode(code: string, type: string): string {
  if (type === 'rate_limit_error') return 'rate_limit_exceeded';
  return code === 'content_filter' ? 'invalid_prompt' : 'server_error';
}
