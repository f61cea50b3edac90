import { connect, createServer, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { registerProcessMetrics } from '../../../src/server/process-metrics.ts';

it('has memory, CPU time and the version, and no series that cost a walk over all connections', async () => {
  const registry = new Registry();
  registerProcessMetrics(registry, '1.2.3');
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const socket = await new Promise<Socket>((resolve) => {
    const opened = connect(port, '127.0.0.1', () => resolve(opened));
  });
  try {
    const text = await registry.metrics();
    expect(text).toContain('catamaran_build_info{version="1.2.3"} 1');
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']) {
      expect(text).toContain(`\n${name} `);
    }
    expect(text).not.toContain('TCPSocketWrap');
    expect(text).not.toContain('nodejs_active');
  } finally {
    socket.destroy();
    server.close();
  }
});
