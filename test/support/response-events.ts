import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../src/lib/json.ts';

/** One event of a streamed response. */
export interface ResponseEvent extends JsonObject {
  type: string;
}

/** Reads events as strictly as they are written: each named as its data is, one line of data. */
export function responseEvents(sse: string): ResponseEvent[] {
  if (sse !== '' && !sse.endsWith('\n\n')) throw new Error(`An event is cut: ${sse.slice(-200)}`);
  return sse
    .split('\n\n')
    .filter((event) => event !== '' && !event.startsWith(':'))
    .map((event) => {
      const [, name, data] = /^event: ([\w.]+)\ndata: (\{[^\n]*\})$/.exec(event) ?? [];
      const value = JSON.parse(data ?? 'null') as Json;
      if (!isObject(value) || value.type !== name) throw new Error(`Not an event: ${event.slice(0, 300)}`);
      return value as ResponseEvent;
    });
}

interface OpenPart {
  index: number;
  text: string;
  annotations: number;
}

interface OpenItem {
  id: string;
  kind: string;
  /** Parts so far. */
  parts: number;
  part: OpenPart | null;
  /** Arguments, or the input of a custom tool. */
  input: string;
  inputDone: boolean;
}

const ENDS = ['response.completed', 'response.incomplete', 'response.failed'];

/**
 * Checks the order that OpenAI's streams keep: numbers from 0, items and parts that are opened before they are
 * told of and closed with what was told, and an end that holds every item as it was closed.
 * @throws Error for the first event out of order.
 */
export function checkResponseEvents(events: readonly ResponseEvent[]): void {
  const open = new Map<number, OpenItem>();
  const done: JsonObject[] = [];
  let items = 0;
  for (const [number, event] of events.entries()) {
    const wrong = (why: string): never => {
      throw new Error(`Event ${number} (${event.type}): ${why}\n${JSON.stringify(event).slice(0, 400)}`);
    };
    if (event.sequence_number !== number) wrong(`its number is ${event.sequence_number}`);
    const last = number === events.length - 1;
    if (ENDS.includes(event.type) !== last) wrong(last ? 'no end' : 'an end before the end');
    if (number < 2) {
      if (event.type !== ['response.created', 'response.in_progress'][number]) wrong('a wrong beginning');
      if (asArray(asObject(event.response)?.output).length > 0) wrong('output at the beginning');
      continue;
    }
    if (event.type === 'error') {
      if (number !== events.length - 2) wrong('an error that is not last but one');
      continue;
    }
    if (last) {
      if (event.type === 'response.failed') continue;
      if (open.size > 0) wrong('items are open');
      const output = JSON.stringify(asObject(event.response)?.output);
      if (output !== JSON.stringify(done)) wrong(`not what was told: ${JSON.stringify(done)}`);
      continue;
    }
    const index = Number(event.output_index);
    if (event.type === 'response.output_item.added') {
      if (index !== items++) wrong('a wrong place');
      const item = asObject(event.item) ?? {};
      const id = asString(item.id) ?? wrong('no id');
      open.set(index, { id, kind: String(item.type), parts: 0, part: null, input: '', inputDone: false });
      continue;
    }
    const item = open.get(index) ?? wrong('an item that is not open');
    if (event.type === 'response.output_item.done') {
      if (asObject(event.item)?.id !== item.id) wrong('another item');
      if (item.part) wrong('a part is open');
      if (/_call$/.test(item.kind) && item.kind !== 'image_generation_call' && !item.inputDone)
        wrong('no input');
      open.delete(index);
      done[index] = asObject(event.item) ?? {};
      continue;
    }
    if (event.item_id !== item.id) wrong('another item');
    inItem(event, item, wrong);
  }
}

function inItem(event: ResponseEvent, item: OpenItem, wrong: (why: string) => never): void {
  const index = Number(event.content_index ?? event.summary_index);
  switch (event.type) {
    case 'response.content_part.added':
    case 'response.reasoning_summary_part.added':
      if (item.part) wrong('another part is open');
      if (index !== item.parts++) wrong('a wrong place');
      item.part = { index, text: '', annotations: 0 };
      return;
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      if (item.inputDone) wrong('more behind the end');
      item.input += asString(event.delta);
      return;
    case 'response.function_call_arguments.done':
    case 'response.custom_tool_call_input.done':
      if ((event.arguments ?? event.input) !== item.input) wrong('not what was told');
      item.inputDone = true;
      return;
  }
  const part = item.part?.index === index ? item.part : wrong('a part that is not open');
  switch (event.type) {
    case 'response.output_text.delta':
    case 'response.refusal.delta':
    case 'response.reasoning_summary_text.delta':
      part.text += asString(event.delta);
      return;
    case 'response.output_text.annotation.added':
      if (event.annotation_index !== part.annotations++) wrong('a wrong place');
      return;
    case 'response.output_text.done':
    case 'response.refusal.done':
    case 'response.reasoning_summary_text.done':
      if ((event.text ?? event.refusal) !== part.text) wrong('not what was told');
      return;
    case 'response.content_part.done':
    case 'response.reasoning_summary_part.done': {
      const whole = asObject(event.part);
      if ((whole?.text ?? whole?.refusal) !== part.text) wrong('not what was told');
      item.part = null;
      return;
    }
    default:
      wrong('unknown');
  }
}
