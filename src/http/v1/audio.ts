import { readSpeechRequest } from '../../gateway/audio/speech-request.ts';
import { readTranscriptionRequest, TRANSCRIPTION_FORM } from '../../gateway/audio/transcription-request.ts';
import { completePlain } from '../../gateway/pipeline.ts';
import type { HttpContext } from '../context.ts';
import { runCall, runFormCall } from './run-call.ts';

/** POST /v1/audio/speech */
export function createSpeech(c: HttpContext): Promise<Response> {
  return runCall(
    c,
    (bytes, readHeader) => ({ ...readSpeechRequest(bytes, readHeader), surface: null }),
    (call) => completePlain(call, async ({ text }) => text),
  );
}

/** POST /v1/audio/transcriptions */
export function createTranscription(c: HttpContext): Promise<Response> {
  return hear(c, 'transcription');
}

/** POST /v1/audio/translations */
export function createTranslation(c: HttpContext): Promise<Response> {
  return hear(c, 'translation');
}

function hear(c: HttpContext, task: 'transcription' | 'translation'): Promise<Response> {
  return runFormCall(
    c,
    TRANSCRIPTION_FORM,
    (parts, readHeader) => ({ ...readTranscriptionRequest(parts, task, readHeader), surface: null }),
    (call) => completePlain(call, async ({ text }) => text),
  );
}
