import { ANSWERS, joined, type Says, streamText } from '../../support/node/answers.ts';
import type { WireName } from '../../support/node/fixtures.ts';
import { endless, stream } from '../../support/node/scripts.ts';
import type { World } from '../../support/node/world.ts';

/** A call of a tool as the agent's client understood it. */
export interface Called {
  id: string;
  name: string;
  arguments: Record<string, string>;
}

/** What the agent makes of one answer. */
export interface Turn {
  /** The id of the answer as this API has it. */
  id: string;
  text: string;
  call: Called | null;
}

/** An agent's side of a conversation, in the words of one API. */
export interface Conversation {
  /** Asks for the next turn and adds it to the history. */
  ask(): Promise<Turn>;
  /** Asks for it and cuts the stream when the model begins to speak. Answers the id. */
  leave(): Promise<string>;
  /** Adds what a tool said. */
  tell(call: Called, result: string): void;
}

/** The tools, by name: what each takes, all of it text. */
export const TOOLS: Readonly<Record<string, readonly string[]>> = {
  read_file: ['path'],
  edit_file: ['path', 'old', 'new'],
  run_tests: ['filter'],
};

/** The JSON schema of what a tool takes. */
export function schemaOf(tool: string): { type: 'object'; [member: string]: unknown } {
  const names = TOOLS[tool] ?? [];
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: [...names],
    additionalProperties: false,
  };
}

const BUG = 'return text.split("\\n"); // «Zeile» 🧵';
const FIX = 'return text.split(/\\r?\\n/);\n\t// "both" ends of a line — für alle 🧶\\';

/** A tree of files, and the tools on it. */
export class Workshop {
  readonly files = new Map([
    ['src/parser.ts', code('parser', BUG)],
    ['src/lexer.ts', code('lexer', '// nothing to see')],
  ]);
  readonly calls: Omit<Called, 'id'>[] = [];

  /** What a tool says; each result carries a mark that no other has. */
  run({ name, arguments: given }: Called): string {
    this.calls.push({ name, arguments: given });
    return `[[result:${this.calls.length}]] ${this.#result(name, given)}`;
  }

  #result(name: string, given: Record<string, string>): string {
    const path = given.path ?? '';
    const text = this.files.get(path) ?? '';
    switch (name) {
      case 'read_file':
        return text;
      case 'edit_file':
        this.files.set(
          path,
          text.replace(given.old ?? '', () => given.new ?? ''),
        );
        return 'done';
      default:
        return this.files.get('src/parser.ts')?.includes(FIX) ? 'PASS' : 'FAIL: "\\r" is left over';
    }
  }
}

/** A file of about 150 KB with what is awkward to carry: quotes, backslashes, tabs, other scripts. */
function code(name: string, line: string): string {
  const filler = `\tconst ${name} = "a\\\\b'c" + \`\${x}\`; // 日本語, naïve, 👩‍🚀\n`;
  return `${filler.repeat(1_200)}${line}\n${filler.repeat(1_200)}`;
}

/** What the model does in turn, by how many results it has seen. */
export const PLAN: readonly Says[] = [
  {
    text: ['I read ', 'the parser.'],
    call: { id: 'call_a', name: 'read_file', arguments: { path: 'src/parser.ts' } },
  },
  { call: { id: 'call_b', name: 'read_file', arguments: { path: 'src/lexer.ts' } } },
  { call: { id: 'call_c', name: 'run_tests', arguments: { filter: 'lines' } } },
  {
    text: ['The ends ', 'of lines.'],
    call: { id: 'call_d', name: 'edit_file', arguments: { path: 'src/parser.ts', old: BUG, new: FIX } },
  },
  { call: { id: 'call_e', name: 'run_tests', arguments: { filter: '' } } },
  { text: ['Fixed: ', 'lines may end ', 'either way.'] },
];

/** The step at which the model first speaks without end. */
export const RAMBLING_AT = 3;

export const FIXED = { path: 'src/parser.ts', text: code('parser', FIX) };

/** Lets a lane of the upstream follow the plan, streamed in small pieces. */
export function scriptAgent(world: World, wire: WireName): void {
  let rambled = false;
  world.upstream.script(wire, (response, request) => {
    const step = new Set(request.body.match(/\[\[result:\d+\]\]/g)).size;
    if (step === RAMBLING_AT && !rambled) {
      rambled = true;
      const { head } = ANSWERS[wire].stream({ text: ['a', 'b'] });
      const again = head.find((event) => event.includes('"b"')) ?? '';
      return endless(joined(head), again)(response, request);
    }
    return stream(streamText(wire, { ...PLAN[step], input: 1_000 * (step + 1), output: 10 }), 61)(
      response,
      request,
    );
  });
}
