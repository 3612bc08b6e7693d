import { toSeconds } from '../page.ts';

/** A person, as the API shows them. */
export interface PersonView {
  id: string;
  name: string;
  email: string;
  /** Unix seconds. */
  created_at: number;
}

/** What a verb of signing in answers: a body, and cookies to set. */
export interface WithCookies<T> {
  answer: T;
  cookies: string[];
}

export function personView(row: { id: string; name: string; email: string; createdAt: Date }): PersonView {
  return { id: row.id, name: row.name, email: row.email, created_at: toSeconds(row.createdAt.getTime()) };
}
