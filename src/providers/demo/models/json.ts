import { asObject } from '../../../lib/json.ts';
import { lastUserText } from '../messages.ts';
import { exampleOf } from '../schema/example.ts';
import { say } from '../tokens.ts';
import type { DemoRequest, Script } from '../types.ts';
import { BRISK } from './text.ts';

/** Takes the schema for advice: what it writes fits when somebody has complained, and else but by chance. */
export function writesSloppyJson(request: DemoRequest): Script {
  const place = request.messages.findLastIndex((message) => asObject(message)?.role === 'assistant');
  if (place >= 0) return writesJson({ ...request, messages: request.messages.slice(0, place) });
  const text = JSON.stringify({ note: `Somebody said: ${lastUserText(request)}` });
  return { pieces: say('text', text), ending: 'stop', ...BRISK };
}

/** Answers JSON: an example of the response format's schema, else a small object. */
export function writesJson(request: DemoRequest): Script {
  const text = lastUserText(request);
  const format = request.responseFormat;
  const schema = format?.type === 'json_schema' ? asObject(format.json_schema)?.schema : undefined;
  const value = schema === undefined ? { answer: text } : exampleOf(schema, text);
  return { pieces: say('text', JSON.stringify(value)), ending: 'stop', ...BRISK };
}
