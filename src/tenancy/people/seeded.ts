import { configOf, type Env } from '../../env.ts';

/** People of this domain are made by `npm start`. It is no public one: nobody has such an address. */
const SEEDED_DOMAIN = '@interline.local';

/**
 * Whether a person is refused here: who was seeded on a developer's machine is nobody in a deployment, also
 * when its database came along.
 */
export function isRefused(env: Env, email: string): boolean {
  return email.toLowerCase().endsWith(SEEDED_DOMAIN) && !configOf(env).local;
}
