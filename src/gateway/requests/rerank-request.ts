import { GatewayError } from '../../errors.ts';
import { isObject, type Json } from '../../lib/json.ts';
import type { PlainRequest } from '../../wires/types.ts';
import type { Control } from '../types.ts';
import type { ReadHeader } from './control.ts';
import { readPlainRequest } from './request.ts';

/**
 * Reads a request to rank documents, in the shape of Cohere and Jina (https://docs.cohere.com/reference/rerank).
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readRerankRequest(
  bytes: Uint8Array,
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const read = readPlainRequest('rerank', bytes, readHeader);
  const { query, documents, top_n: most, max_tokens_per_doc: tokens, ...rest } = read.request.body();
  checkQuery(query);
  checkDocuments(documents);
  checkCount('top_n', most);
  checkCount('max_tokens_per_doc', tokens);
  const { return_documents: withDocuments } = rest;
  if (withDocuments !== undefined && withDocuments !== null && typeof withDocuments !== 'boolean') {
    throw wrong('return_documents', 'must be true or false');
  }
  return read;
}

function checkQuery(query: Json | undefined): void {
  if (query === undefined || query === null) throw missing('query');
  if (typeof query !== 'string') throw wrong('query', 'must be text');
  if (query === '') throw empty('query');
}

function checkDocuments(documents: Json | undefined): void {
  if (documents === undefined || documents === null) throw missing('documents');
  if (!Array.isArray(documents)) throw wrong('documents', 'must be a list');
  if (documents.length === 0) throw empty('documents');
  for (const [index, document] of documents.entries()) {
    if (typeof document === 'string') continue;
    const param = `documents[${index}]`;
    if (!isObject(document)) throw wrong(param, 'must be text, or an object with a text');
    if (document.image !== undefined) {
      throw new GatewayError('unsupported_parameter', {
        param: `${param}.image`,
        message: `${param}.image is not supported: documents are ranked by their text.`,
      });
    }
    if (typeof document.text !== 'string') throw wrong(`${param}.text`, 'must be text');
  }
}

function checkCount(name: string, value: Json | undefined): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(name, 'must be an integer');
  if (value >= 1) return;
  throw new GatewayError('invalid_value', { param: name, message: `${name} must be at least 1.` });
}

function missing(param: string): GatewayError {
  return new GatewayError('missing_parameter', { param, message: `${param} is required.` });
}

function empty(param: string): GatewayError {
  return new GatewayError('invalid_value', { param, message: `${param} must not be empty.` });
}

function wrong(param: string, what: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} ${what}.` });
}
