/** What the name of a model tells about its API. */
export interface ModelTraits {
  /** How thinking is steered: by level (Gemini 3 and later), by token budget (2.5), or not at all. */
  thinking: 'level' | 'budget' | 'none';
  /** Calls in the history must carry a thought signature, and function responses may hold media. */
  signatures: boolean;
  /** Thinking cannot be turned off, and the lowest level is `low`. */
  pro: boolean;
  /** Knows the levels `low` and `high` only. */
  twoLevels: boolean;
}

/**
 * Traits by the model's generation (https://ai.google.dev/gemini-api/docs/thinking). Aliases without a
 * number (`gemini-flash-latest`) stand for the newest generation; models of other families do not think.
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  const pro = /(^|-)pro(-|$)/.test(name);
  const generation = generationOf(name);
  if (generation >= 3) {
    return { thinking: 'level', signatures: true, pro, twoLevels: generation === 3 && pro };
  }
  const thinking = generation >= 2.5 ? 'budget' : 'none';
  return { thinking, signatures: false, pro, twoLevels: false };
}

function generationOf(name: string): number {
  const numbered = /gemini-(\d+(?:\.\d+)?)/.exec(name);
  if (numbered) return Number(numbered[1]);
  return /gemini-.*latest$/.test(name) ? Number.POSITIVE_INFINITY : 0;
}
