/** Writes docs/errors.md from the table in src/errors.ts: `npm run docs:errors`. */
import { writeFileSync } from 'node:fs';
import { errorPage } from './error-page.ts';

writeFileSync('docs/errors.md', errorPage());
