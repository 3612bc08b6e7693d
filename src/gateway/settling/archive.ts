import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Policy } from '../../routing/policy/types.ts';
import type { Archive, Call } from '../types.ts';

const DATA = 'data: ';

/** Where the policy in force forbids to collect data, nothing is kept; who asked for it by name is told. */
export function heedDataPolicy(call: Call, policy: Policy): void {
  const { archive, surface } = call;
  if (!archive || policy.data_collection !== 'deny') return;
  call.archive = undefined;
  if (archive.asked && surface) call.surface = { ...surface, dropped: [...surface.dropped, 'store'] };
}

/**
 * The body of a whole answer. What is kept is sent at once but for its last member, which says whether it is.
 * @param answer as the client reads it.
 */
export function bodyOf(call: Call, answer: JsonObject): BodyInit {
  const { archive } = call;
  if (!archive) return JSON.stringify(answer);
  const { store: _, ...rest } = answer;
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const write = async (): Promise<void> => {
    const keeping = archive.keep({ ...rest, store: true });
    // Whether the client is still there changes nothing.
    const begun = writer.write(encoder.encode(`${JSON.stringify(rest).slice(0, -1)},"store":`));
    begun.catch(() => {});
    const kept = await keeping;
    await writer.write(encoder.encode(`${kept}}`));
    await writer.close();
  };
  call.waitUntil(write().catch(() => {}));
  return readable;
}

/**
 * The last words of a stream, of which the very last, which has the whole answer, comes when that is kept.
 * @param sse whole events.
 */
export function lastWords({ archive, waitUntil }: Call, sse: string): readonly (string | Promise<string>)[] {
  if (!archive) return [sse];
  const start = lastEvent(sse);
  const last = keepEvent(archive, sse.slice(start));
  waitUntil(last);
  return [sse.slice(0, start), last];
}

async function keepEvent(archive: Archive, event: string): Promise<string> {
  const start = event.indexOf(DATA) + DATA.length;
  const data = parseJson(event.slice(start));
  if (!isObject(data) || !isObject(data.response)) return event;
  const kept = await archive.keep({ ...data.response, store: true });
  if (data.response.store === kept) return event;
  const response = { ...data.response, store: kept };
  return `${event.slice(0, start)}${JSON.stringify({ ...data, response })}\n\n`;
}

/** Keeps what there is of an answer that its client has stopped, where clients know of it already. */
export async function keepCancelled({ archive }: Call, failure: () => string): Promise<void> {
  if (!archive?.background) return;
  const sse = failure();
  const data = parseJson(sse.slice(sse.indexOf(DATA, lastEvent(sse)) + DATA.length));
  if (!isObject(data) || !isObject(data.response)) return;
  await archive.keep({ ...data.response, status: 'cancelled', error: null });
}

/** Where the last of these events begins. */
function lastEvent(sse: string): number {
  const end = sse.lastIndexOf('\n\n', sse.length - 3);
  return end < 0 ? 0 : end + 2;
}
