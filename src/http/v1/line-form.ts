import type { FormShape } from '../../gateway/requests/form-request.ts';
import { formOfJson } from '../../gateway/requests/json-form.ts';
import type { FormPart } from '../../lib/multipart/types.ts';
import type { HttpContext } from '../context.ts';
import { readForm, readJsonBody } from '../middleware/body.ts';
import { namedFiles } from './named-files.ts';

/**
 * How the form of a request is read: lines of batches, which are JSON, name its files by their ids.
 * @returns throws as `readForm` and as `formOfJson`.
 */
export function formReader(c: HttpContext, shape: FormShape): (request: Request) => Promise<FormPart[]> {
  if (!c.get('line')) return readForm;
  return async (request) => await formOfJson(await readJsonBody(request), shape, namedFiles(c));
}
