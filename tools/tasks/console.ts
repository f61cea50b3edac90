/** `make dist/console/index.html`: builds the page of the console. `node tools/tasks/console.ts`. */
import { join } from 'node:path';
import { buildConsole } from 'catamaran-console';
import { ROOT } from '../paths.ts';
import { CONSOLE } from './bundle.ts';

await buildConsole(join(ROOT, 'dist', CONSOLE));
