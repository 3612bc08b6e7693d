import { asObject, asString, type JsonObject } from '../../../lib/json.ts';
import { type DemoError, invalidRequest } from '../error.ts';
import { lastUserText, openToolResults, textOf } from '../messages.ts';
import { exampleOf } from '../schema/example.ts';
import { say, tokensOf } from '../tokens.ts';
import type { DemoRequest, Piece, Script } from '../types.ts';
import { BRISK } from './text.ts';

/**
 * Calls the tool that `tool_choice` names, else the first, with arguments that fit its schema. Once the
 * results are there, it answers with them.
 */
export function callsTools(request: DemoRequest): Script {
  const results = openToolResults(request).map((message) => `"${textOf(message.content)}"`);
  if (results.length > 0) return text(`The tool answered: ${results.join(', ')}`);
  const tool = chosenTool(request);
  if (!tool) return text('There is no tool that I may call: send "tools" with at least one function.');
  const pieces: Piece[] = [
    { kind: 'call', call: 0, name: tool.name },
    ...tokensOf(JSON.stringify(exampleOf(tool.parameters, lastUserText(request)))).map(
      (token): Piece => ({ kind: 'arguments', call: 0, text: token }),
    ),
  ];
  return { pieces, ending: 'tool_calls', ...BRISK };
}

/** Whether `tool_choice` leaves the model no other answer than a call. */
export function mustCallTool({ toolChoice }: DemoRequest): boolean {
  const choice = asObject(toolChoice);
  if (choice?.type === 'allowed_tools') return asObject(choice.allowed_tools)?.mode === 'required';
  return choice !== undefined || toolChoice === 'required';
}

/** What a model that has no tools says where it must call one. */
export function withoutTools(model: string): DemoError {
  return invalidRequest(
    `The model \`${model}\` calls no tools, so 'tool_choice' may not demand it: ask demo-tools, or leave it "auto".`,
    'tool_choice',
    'unsupported_value',
  );
}

function chosenTool(request: DemoRequest): { name: string; parameters: JsonObject } | undefined {
  if (request.toolChoice === 'none') return undefined;
  const wanted = asString(asObject(asObject(request.toolChoice)?.function)?.name);
  for (const { function: described } of request.tools) {
    const name = asString(asObject(described)?.name);
    if (name === undefined || (wanted !== undefined && name !== wanted)) continue;
    return { name, parameters: asObject(asObject(described)?.parameters) ?? { type: 'object' } };
  }
  if (wanted !== undefined) throw invalidRequest(`Tool choice '${wanted}' is not in 'tools'.`, 'tool_choice');
  return undefined;
}

function text(answer: string): Script {
  return { pieces: say('text', answer), ending: 'stop', ...BRISK };
}
