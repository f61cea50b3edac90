/**
 * What `catamaran sandbox` runs. It is a bundle of its own, `dist/sandbox.js`, that only this command loads: so the CLI
 * imports this module and no other of this folder, dynamically.
 */

export { remote } from './control-client.ts';
export { curl } from './curl.ts';
export { upDetached } from './detach.ts';
export { down } from './down.ts';
export { applyManifests, readManifests } from './manifests.ts';
export { statusText } from './report.ts';
export { stateDir } from './state.ts';
export { up } from './up.ts';
