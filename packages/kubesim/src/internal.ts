/** Internals for the tests, benchmarks and generators of this repository. Not part of the published package. */

export { makeCertificates } from './apiserver/certificates.ts';
export type { ApiResponse } from './apiserver/http.ts';
export { labelSelector } from './apiserver/label-selector.ts';
export { listen } from './apiserver/listener.ts';
export { type ApiServer, createApiServer } from './apiserver/server.ts';
export { settingsOf } from './cluster-ranges.ts';
export { StatusError } from './machinery/status.ts';
export { settle } from './manual-clock.ts';
export { componentSchema } from './schema/builtins.ts';
export { kubeadmCorefile } from './workloads/bootstrap/cluster-dns.ts';
