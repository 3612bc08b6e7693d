import { GatewayError } from '../../errors.ts';
import { asArray, asObject, asString, type Json } from '../../lib/json.ts';
import type { Conversion } from '../../telemetry/receipt.ts';
import type { ChatRequest } from '../../wires/types.ts';
import { paramOf } from '../formats/client-words.ts';
import { changeRequest } from '../requests/change-request.ts';
import type { Candidate } from '../types.ts';
import { MAX_PDF_BYTES, readPdfText } from './pdf-text.ts';

/** A request whose documents the model can read, and what was done to them. */
export interface Readable {
  request: ChatRequest;
  conversions: Conversion[];
}

const PDF = 'data:application/pdf;base64,';

/** Made once for a request, whoever is asked with it. */
const made = new WeakMap<ChatRequest, Promise<Readable>>();

/**
 * The request as a candidate can read it. Where the model is known not to read PDFs, those in the request
 * become their text; null when there is nothing to do, which is told without a promise.
 * @throws GatewayError `invalid_value`, as a rejection, for a PDF that cannot be read or is too large.
 */
export function readableRequest(candidate: Candidate, request: ChatRequest): Promise<Readable> | null {
  // What an endpoint takes is known where its ability to take attachments is.
  if (candidate.target.capabilities.attachments === undefined) return null;
  if (candidate.model.inputModalities.includes('pdf') || !holdsPdf(request)) return null;
  let readable = made.get(request);
  if (!readable) {
    readable = convert(request);
    made.set(request, readable);
  }
  return readable;
}

/** Whether a PDF may be in the body: a search of bytes, so that bodies are not parsed for it. */
function holdsPdf({ bytes }: ChatRequest): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('application/pdf');
}

async function convert(request: ChatRequest): Promise<Readable> {
  const body = request.body();
  const conversions: Conversion[] = [];
  const messages: Json[] = [];
  for (const [index, message] of body.messages.entries()) {
    const given = asObject(message);
    if (!given || !Array.isArray(given.content)) {
      messages.push(message);
      continue;
    }
    const content: Json[] = [];
    for (const [place, part] of asArray(given.content).entries()) {
      const param = paramOf(request, `messages[${index}].content[${place}].file`);
      content.push(await partAsText(part, param, conversions));
    }
    messages.push({ ...given, content });
  }
  return { request: conversions.length === 0 ? request : changeRequest(request, { messages }), conversions };
}

async function partAsText(part: Json, param: string, conversions: Conversion[]): Promise<Json> {
  const file = asObject(asObject(part)?.file);
  const data = asString(file?.file_data);
  if (!file || !data?.startsWith(PDF)) return part;
  const name = asString(file.filename) ?? 'document.pdf';
  if (((data.length - PDF.length) * 3) / 4 > MAX_PDF_BYTES) {
    throw unreadable(param, `is larger than ${MAX_PDF_BYTES / 1024 / 1024} MB`);
  }
  let found: Awaited<ReturnType<typeof readPdfText>>;
  try {
    found = await readPdfText(new Uint8Array(Buffer.from(data.slice(PDF.length), 'base64')));
  } catch (cause) {
    throw unreadable(param, 'is no PDF that can be read without a password', cause);
  }
  if (found.text === '') throw unreadable(param, 'holds no text, but perhaps pictures of it');
  conversions.push({
    kind: 'pdf_text',
    param,
    pages: found.pages,
    total_pages: found.totalPages,
    characters: found.text.length,
    truncated: found.truncated,
  });
  return { type: 'text', text: `Document ${JSON.stringify(name)}:\n\n${found.text}` };
}

function unreadable(param: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_value', {
    param,
    message: `${param} ${why}. The model does not read PDFs itself, so their text is read here.`,
    cause,
  });
}
