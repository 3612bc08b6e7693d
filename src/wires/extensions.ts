/** Members of request bodies that are the gateway's own, in every format; no upstream may see them. */
export const EXTENSIONS = [
  'models',
  'provider',
  'require_parameters',
  'policy',
  'workflow',
  'session_id',
  'midstream',
  'max_wake_ms',
  'repair',
  'cache',
] as const;
