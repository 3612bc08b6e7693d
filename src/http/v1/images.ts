import { configOf } from '../../env.ts';
import { writeImageEvent } from '../../gateway/images/events.ts';
import { readImage } from '../../gateway/images/files.ts';
import { inlinePictures } from '../../gateway/images/named.ts';
import {
  formatOf,
  IMAGE_FORM,
  type ImageCall,
  readImageEdit,
  readImageEditForm,
  readImageRequest,
  readImageVariation,
} from '../../gateway/images/request.ts';
import { linkKey, writeImages } from '../../gateway/images/write.ts';
import { completePlain } from '../../gateway/pipeline.ts';
import type { HttpContext } from '../context.ts';
import { namedFiles } from './named-files.ts';
import { runCall, runFormCall } from './run-call.ts';

/** POST /v1/images/generations */
export function generateImages(c: HttpContext): Promise<Response> {
  return runCall(
    c,
    (bytes, readHeader) => ({ ...readImageRequest(bytes, readHeader), surface: null }),
    (call) => draw(c, call),
  );
}

/** POST /v1/images/edits, a form or JSON. */
export function editImages(c: HttpContext): Promise<Response> {
  if (/^\s*multipart\//i.test(c.req.header('content-type') ?? '')) {
    return runFormCall(
      c,
      IMAGE_FORM,
      (parts, readHeader) => ({ ...readImageEditForm(parts, readHeader), surface: null }),
      (call) => draw(c, call),
    );
  }
  return runCall(
    c,
    (bytes, readHeader) => {
      const body = inlinePictures(bytes, namedFiles(c));
      const read = (inlined: Uint8Array) => ({ ...readImageEdit(inlined, readHeader), surface: null });
      return body instanceof Promise ? body.then(read) : read(body);
    },
    (call) => draw(c, call),
  );
}

/** POST /v1/images/variations */
export function varyImage(c: HttpContext): Promise<Response> {
  return runFormCall(
    c,
    IMAGE_FORM,
    (parts, readHeader) => ({ ...readImageVariation(parts, readHeader), surface: null }),
    (call) => draw(c, call),
  );
}

async function draw(c: HttpContext, call: ImageCall): Promise<Response> {
  const format = formatOf(call.request);
  // Who cannot be given a link is told before anything is drawn.
  if (format === 'url') linkKey(call);
  const origin = call.config.publicUrl ?? new URL(c.req.url).origin;
  return await completePlain(call, (answer) =>
    call.request.stream ? writeImageEvent(call, answer, origin) : writeImages(call, answer, format, origin),
  );
}

/** GET /v1/images/files/{workspace}/{name}: a picture, for whoever has its signed link. */
export function getImageFile(c: HttpContext): Promise<Response> {
  return readImage(
    c.env,
    configOf(c.env),
    { workspace: c.req.param('workspace') ?? '', name: c.req.param('name') ?? '' },
    { expires: c.req.query('expires'), signature: c.req.query('signature') },
  );
}
