/**
 * Entry point of `catamaran sandbox`. It is bundled separately as `dist/sandbox.js` and loaded by this command only, so
 * the CLI imports this module, dynamically, and no other module of this folder.
 */

export { remote } from './control-client.ts';
export { curl } from './curl.ts';
export { upDetached } from './detach.ts';
export { down } from './down.ts';
export { applyManifests, readManifests } from './manifests.ts';
export { statusText } from './report.ts';
export { stateDir } from './state.ts';
export { up } from './up.ts';
