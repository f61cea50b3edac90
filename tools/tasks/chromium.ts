/** `make chromium`: installs the browser of the tests into `.cache`. `node tools/tasks/chromium.ts`. */
import { installChromium } from '../browser/chromium.ts';

const { path } = await installChromium(console.log, process.env.CHROMIUM);
console.log(path);
