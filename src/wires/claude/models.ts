/** What of the Messages API a model takes, on whatever platform. Sources: docs/wires-anthropic.md, "Models". */
export interface ModelTraits {
  /** A Claude model, as far as the name tells. */
  claude: boolean;
  /** `budget`: only `enabled` with `budget_tokens`; `adaptive`: only `adaptive` with an effort. */
  thinking: 'none' | 'budget' | 'both' | 'adaptive';
  /** Takes `output_config.effort`; `flag`: where a beta flag says so. */
  effort: 'no' | 'flag' | 'yes';
  /** Thinks between calls of tools: never, where a beta flag says so, or whenever it thinks adaptively. */
  interleaves: 'no' | 'flag' | 'adaptive';
  /** How thinking is turned off; `omit` where it is off unless asked for. */
  thinkingOff: 'omit' | 'disabled' | 'between_tools' | 'impossible';
  /** Thinking comes without its text unless `display` asks for it. */
  hidesThinking: boolean;
  /** Takes `temperature`, `top_p` and `top_k` other than the defaults. */
  sampling: boolean;
  /** Takes `tool_choice` `any` and `tool`. */
  forcedTools: boolean;
  /** Takes `output_config.format` and strict tools; undefined when the name does not tell. */
  nativeSchema: boolean | undefined;
}

type Family = 'opus' | 'sonnet' | 'haiku' | 'fable' | 'mythos';

const NAME =
  /claude-(?:(\d)(?:[-.](\d))?-)?(opus|sonnet|haiku|fable|mythos)(?:-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?)?/i;
const LEGACY = /claude-(?:instant|v?[12](?!\d))/i;

/** A version as one number: 4.5 is 405. A family name without a version means its newest model. */
function readName(model: string): { family: Family; version: number } | null {
  const found = NAME.exec(model);
  if (!found) return LEGACY.test(model) ? { family: 'haiku', version: 200 } : null;
  // `claude-3-7-sonnet` has its version before the family, later names behind it.
  const [major, minor] = found[1] === undefined ? [found[4], found[5]] : [found[1], found[2]];
  const family = (found[3] ?? '').toLowerCase() as Family;
  if (major === undefined) return { family, version: family === 'mythos' ? 500 : Number.POSITIVE_INFINITY };
  return { family, version: Number(major) * 100 + Number(minor ?? 0) };
}

/**
 * The traits of a model by its upstream name, in any provider's spelling of it. Models that are not
 * Claude (other hosts of this wire) are taken to know the API as it was before adaptive thinking.
 */
export function modelTraits(model: string): ModelTraits {
  const name = readName(model);
  if (!name) {
    return {
      claude: false,
      thinking: 'budget',
      effort: 'no',
      interleaves: 'no',
      thinkingOff: 'disabled',
      hidesThinking: false,
      sampling: true,
      forcedTools: true,
      nativeSchema: undefined,
    };
  }
  const { family, version } = name;
  return {
    claude: true,
    thinking: version < 307 ? 'none' : version < 406 ? 'budget' : version < 407 ? 'both' : 'adaptive',
    effort: version >= 406 ? 'yes' : family === 'opus' && version === 405 ? 'flag' : 'no',
    interleaves: version < 400 ? 'no' : version < 406 ? 'flag' : 'adaptive',
    thinkingOff: thinkingOff(family, version),
    hidesThinking: version >= 407,
    sampling: version < 407,
    forcedTools: !refusesForcedTools(family, version),
    nativeSchema: version >= 405 || (family === 'opus' && version === 401),
  };
}

function thinkingOff(family: Family, version: number): ModelTraits['thinkingOff'] {
  if (family === 'fable' || family === 'mythos') return 'impossible';
  if (version < 500) return 'omit';
  if (version < 505 || family === 'haiku') return 'disabled';
  return family === 'sonnet' ? 'between_tools' : 'impossible';
}

function refusesForcedTools(family: Family, version: number): boolean {
  if (family === 'haiku') return false;
  return version >= (family === 'fable' || family === 'mythos' ? 501 : 505);
}
