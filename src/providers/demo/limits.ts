import { tokensOf } from './tokens.ts';
import type { DemoRequest, Piece, Script } from './types.ts';

/** The script as far as `stop` and the token limit of the request let it come. */
export function withinLimits(script: Script, request: DemoRequest): Script {
  const stopped = untilStop(script, request.stop);
  if (stopped.pieces.length <= request.maxTokens) return stopped;
  return { ...stopped, pieces: stopped.pieces.slice(0, request.maxTokens), ending: 'length' };
}

/** Ends the text before the first stop sequence in it. Reasoning and tool calls are not looked at. */
function untilStop(script: Script, stop: readonly string[]): Script {
  const text = script.pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')).join('');
  const found = stop.map((sequence) => text.indexOf(sequence)).filter((at) => at >= 0);
  if (found.length === 0) return script;
  let left = Math.min(...found);
  const pieces: Piece[] = [];
  for (const piece of script.pieces) {
    if (piece.kind !== 'text') {
      pieces.push(piece);
      continue;
    }
    const kept = piece.text.slice(0, left);
    pieces.push(...tokensOf(kept).map((token): Piece => ({ kind: 'text', text: token })));
    if (kept.length < piece.text.length) break;
    left -= kept.length;
  }
  return { ...script, pieces, ending: 'stop' };
}
