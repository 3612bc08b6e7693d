import { durationOf } from '../../lib/audio/duration.ts';
import { MultipartError } from '../../lib/multipart/disposition.ts';
import { boundaryOf, readMultipart } from '../../lib/multipart/read.ts';
import { type FormPart, isFile } from '../../lib/multipart/types.ts';
import { invalidRequest, unknownModel } from './error.ts';
import { secondsOf, textOfTones } from './tones.ts';

const MODEL = 'demo-transcribe';

/**
 * POST /v1/audio/transcriptions and /v1/audio/translations: what `demo-speech` has said, a segment for each sentence;
 * of other sound how long it is.
 */
export async function hear(request: Request): Promise<Response> {
  const parts = partsOf(await request.bytes(), request.headers.get('content-type') ?? '');
  const field = (name: string): string | undefined =>
    parts.flatMap((part) => (part.name === name && !isFile(part) ? [part.value] : []))[0];
  const model = field('model') ?? '';
  if (model !== MODEL) throw unknownModel(model);
  const file = parts.find(isFile);
  if (!file) throw invalidRequest("Missing required parameter: 'file'.", 'file');
  const format = field('response_format') ?? 'json';
  if (format !== 'json' && format !== 'verbose_json') {
    throw invalidRequest("Invalid 'response_format': json or verbose_json.", 'response_format');
  }
  const ms = durationOf(file.bytes);
  const said = textOfTones(file.bytes);
  const text =
    said ?? (ms === null ? `Sound of ${file.bytes.byteLength} bytes.` : `Sound of ${ms} milliseconds.`);
  // Of sound that it cannot read it knows no duration, and does not make one up.
  const usage = ms === null ? {} : { usage: { type: 'duration', seconds: ms / 1000 } };
  if (format === 'json') return Response.json({ text, ...usage });
  const task = request.url.endsWith('/translations') ? 'translate' : 'transcribe';
  const duration = ms === null ? {} : { duration: ms / 1000 };
  const segments = said === null ? [segment(0, 0, (ms ?? 0) / 1000, text)] : segmentsOf(said);
  return Response.json({ task, language: 'english', ...duration, text, segments, ...usage });
}

function partsOf(body: Uint8Array, type: string): FormPart[] {
  try {
    const boundary = boundaryOf(type);
    if (boundary !== undefined) return readMultipart(body, boundary);
  } catch (cause) {
    if (!(cause instanceof MultipartError)) throw cause;
  }
  throw invalidRequest('The body must be multipart/form-data.');
}

function segmentsOf(text: string): object[] {
  let end = 0;
  return (text.match(/[^.!?]+[.!?]*|[.!?]+/g) ?? []).map((sentence, id) => {
    const start = end;
    end += secondsOf(sentence);
    return segment(id, start, end, sentence);
  });
}

function segment(id: number, start: number, end: number, text: string): object {
  const made = {
    seek: 0,
    tokens: [],
    temperature: 0,
    avg_logprob: 0,
    compression_ratio: 1,
    no_speech_prob: 0,
  };
  return { id, start, end, text, ...made };
}
