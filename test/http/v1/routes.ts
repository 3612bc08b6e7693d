import { app } from '../../../src/app.ts';
import { nothingHere } from '../../../src/http/data-plane.ts';

export interface Route {
  method: string;
  path: string;
}

/** Every path of the data plane with the methods that it takes, as the router has them. */
export const ROUTES: readonly Route[] = routesOf();

/** What the router has beside the data plane. */
export const OTHER_ROUTES: readonly Route[] = app.routes.filter(({ path }) => !isOurs(path));

/** The path of a route with something in the place of its parameter. */
export function at(path: string, id = 'none'): string {
  return path.replace(/:id(\{[^}]*\})?/, id);
}

/** Links to pictures carry their own proof: no key opens them. */
function isOurs(path: string): boolean {
  return path.startsWith('/v1/') && !path.startsWith('/v1/images/files/');
}

function routesOf(): Route[] {
  const ours = app.routes.filter(({ path }) => isOurs(path));
  // No path takes HEAD by itself, so what answers that refuses methods.
  const refusals = new Set(ours.filter(({ method }) => method === 'HEAD').map(({ handler }) => handler));
  return ours.filter(({ handler }) => handler !== nothingHere && !refusals.has(handler));
}
