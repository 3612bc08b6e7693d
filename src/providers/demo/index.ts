import { type AnswerHead, chunkEvents, durationOf, wholeAnswer } from './answer.ts';
import { draw, redraw } from './draw.ts';
import { embed } from './embed.ts';
import { DemoError, invalidRequest, unknownModel } from './error.ts';
import { hear } from './hear.ts';
import { withinLimits } from './limits.ts';
import { connectionLost } from './models/failing.ts';
import { MODELS } from './models/index.ts';
import { callsTools, mustCallTool, withoutTools } from './models/tools.ts';
import { moderate } from './moderate.ts';
import { playback, sleep } from './playback.ts';
import { rank } from './rank.ts';
import { readRequest } from './request.ts';
import { speak } from './speak.ts';
import { CONTEXT_LENGTH, promptTokens, usageOf } from './tokens.ts';

/**
 * The demo provider: answers chat completions, embeddings, images, sound, moderations and rankings as an
 * OpenAI-compatible host does, without a network, so that a gateway that runs locally can be tried with no provider
 * key. Refusals are answers in OpenAI's envelope.
 * @throws the signal's reason when the request is aborted before there is an answer, as fetch does.
 */
export async function demoFetch(request: Request): Promise<Response> {
  try {
    const answer = ENDPOINTS.get(pathOf(request));
    if (!answer) throw unknownPath(request);
    return await answer(request);
  } catch (thrown) {
    if (thrown instanceof DemoError) return thrown.toResponse();
    throw thrown;
  }
}

async function complete(body: string, signal: AbortSignal): Promise<Response> {
  const asked = readRequest(body);
  const model = MODELS.get(asked.model);
  if (!model) throw unknownModel(asked.model);
  const prompt = promptTokens(asked);
  if (prompt > CONTEXT_LENGTH) {
    throw invalidRequest(
      `This model's maximum context length is ${CONTEXT_LENGTH} tokens. However, your messages resulted in ${prompt} tokens.`,
      'messages',
      'context_length_exceeded',
    );
  }
  const script = withinLimits(model(asked), asked);
  if (model !== callsTools && mustCallTool(asked)) throw withoutTools(asked.model);
  const head: AnswerHead = {
    id: `chatcmpl-${crypto.randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: asked.model,
  };
  const said = Array.from({ length: asked.n }, () => script.pieces).flat();
  const usage = usageOf(prompt, said);

  if (asked.stream) {
    const events = chunkEvents(head, script, asked.n, asked.includeUsage ? usage : null);
    return new Response(playback(events, signal), {
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    });
  }
  await sleep(durationOf(script), signal);
  if (script.ending === 'cut') throw connectionLost();
  return Response.json(wholeAnswer(head, script, asked.n, usage));
}

type Answer = (request: Request) => Promise<Response>;

const ENDPOINTS: ReadonlyMap<string, Answer> = new Map([
  ['/v1/chat/completions', ofText(complete)],
  ['/v1/embeddings', ofText(embed)],
  ['/v1/images/generations', ofText(draw)],
  ['/v1/images/edits', redraw],
  ['/v1/images/variations', redraw],
  ['/v1/audio/speech', ofText(speak)],
  ['/v1/audio/transcriptions', hear],
  ['/v1/audio/translations', hear],
  ['/v1/moderations', ofText(moderate)],
  ['/v1/rerank', ofText(rank)],
]);

function ofText(answer: (body: string, signal: AbortSignal) => Promise<Response>): Answer {
  return async (request) => await answer(await request.text(), request.signal);
}

/** @throws DemoError for another method than POST. */
function pathOf(request: Request): string {
  const { pathname } = new URL(request.url);
  if (request.method === 'POST' || !ENDPOINTS.has(pathname)) return pathname;
  throw new DemoError(
    405,
    { message: `Not allowed to ${request.method} on ${pathname}.`, type: 'invalid_request_error' },
    { allow: 'POST' },
  );
}

function unknownPath(request: Request): DemoError {
  return new DemoError(404, {
    message: `Unknown request URL: ${request.method} ${new URL(request.url).pathname}.`,
    type: 'invalid_request_error',
    code: 'unknown_url',
  });
}
