import { GatewayError } from '../../errors.ts';
import type { FormPart } from '../../lib/multipart/types.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { ReadHeader } from '../requests/control.ts';
import { type FormShape, readFormRequest } from '../requests/form-request.ts';
import type { Control } from '../types.ts';

/** Of a request for a transcript. */
export const TRANSCRIPTION_FORM: FormShape = {
  files: ['file'],
  booleans: ['stream'],
  lists: ['timestamp_granularities', 'include', 'known_speaker_names', 'known_speaker_references'],
};

/** https://platform.openai.com/docs/api-reference/audio/createTranscription#audio_createtranscription-response_format */
const FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'];

/**
 * Reads a request for a transcript, or for one in English
 * (https://platform.openai.com/docs/api-reference/audio/createTranslation).
 * @throws GatewayError as `readFormRequest`.
 */
export function readTranscriptionRequest(
  parts: readonly FormPart[],
  task: 'transcription' | 'translation',
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const { request, control } = readFormRequest('transcription', parts, TRANSCRIPTION_FORM, readHeader);
  const { response_format: format } = request.body();
  if (format !== undefined && !FORMATS.includes(String(format))) {
    throw new GatewayError('invalid_value', {
      param: 'response_format',
      message: `response_format must be one of ${FORMATS.map((name) => `"${name}"`).join(', ')}.`,
    });
  }
  if (task === 'transcription') return { request, control };
  if (request.stream) {
    throw new GatewayError('unsupported_parameter', {
      param: 'stream',
      message: 'stream is not supported here: translations come whole.',
    });
  }
  return { request: { ...request, task }, control };
}
