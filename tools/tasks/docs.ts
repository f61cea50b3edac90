/** `make docs`: writes the generated parts of `docs/reference`, and the Helm chart. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFERENCE } from '../codegen/reference.ts';
import { ROOT } from '../paths.ts';

for (const { file, render } of REFERENCE) {
  const path = join(ROOT, file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = await render(before);
  if (after === before) continue;
  writeFileSync(path, after);
  console.log(`${file}: written`);
}
