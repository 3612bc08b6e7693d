import { type AnswerHead, chunkEvents, durationOf, wholeAnswer } from './answer.ts';
import { DemoError, invalidRequest } from './error.ts';
import { withinLimits } from './limits.ts';
import { connectionLost } from './models/failing.ts';
import { MODELS } from './models/index.ts';
import { playback, sleep } from './playback.ts';
import { readRequest } from './request.ts';
import { CONTEXT_LENGTH, promptTokens, usageOf } from './tokens.ts';

const PATH = '/v1/chat/completions';

/**
 * The demo provider: answers POST /v1/chat/completions as an OpenAI-compatible host does, without a
 * network, so that a gateway that runs locally can be tried with no provider key. Refusals are answers
 * in OpenAI's envelope.
 * @throws the signal's reason when the request is aborted before there is an answer, as fetch does.
 */
export async function demoFetch(request: Request): Promise<Response> {
  try {
    return await answer(request);
  } catch (thrown) {
    if (thrown instanceof DemoError) return thrown.toResponse();
    throw thrown;
  }
}

async function answer(request: Request): Promise<Response> {
  checkAddress(request);
  const asked = readRequest(await request.text());
  const model = MODELS.get(asked.model);
  if (!model) {
    throw new DemoError(404, {
      message: `The model \`${asked.model}\` does not exist or you do not have access to it.`,
      type: 'invalid_request_error',
      code: 'model_not_found',
    });
  }
  const prompt = promptTokens(asked);
  if (prompt > CONTEXT_LENGTH) {
    throw invalidRequest(
      `This model's maximum context length is ${CONTEXT_LENGTH} tokens. However, your messages resulted in ${prompt} tokens.`,
      'messages',
      'context_length_exceeded',
    );
  }
  const script = withinLimits(model(asked), asked);
  const head: AnswerHead = {
    id: `chatcmpl-${crypto.randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: asked.model,
  };
  const said = Array.from({ length: asked.n }, () => script.pieces).flat();
  const usage = usageOf(prompt, said);

  if (asked.stream) {
    const events = chunkEvents(head, script, asked.n, asked.includeUsage ? usage : null);
    return new Response(playback(events, request.signal), {
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    });
  }
  await sleep(durationOf(script), request.signal);
  if (script.ending === 'cut') throw connectionLost();
  return Response.json(wholeAnswer(head, script, asked.n, usage));
}

function checkAddress(request: Request): void {
  const { pathname } = new URL(request.url);
  if (pathname !== PATH) {
    throw new DemoError(404, {
      message: `Unknown request URL: ${request.method} ${pathname}.`,
      type: 'invalid_request_error',
      code: 'unknown_url',
    });
  }
  if (request.method !== 'POST') {
    throw new DemoError(
      405,
      { message: `Not allowed to ${request.method} on ${PATH}.`, type: 'invalid_request_error' },
      { allow: 'POST' },
    );
  }
}
