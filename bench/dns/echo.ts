/**
 * The upper limit: only receives and sends packets in Node. Returns each query with the response bit set, which dnsperf
 * accepts as a response. Run as `node bench/dns/echo.ts PORT`.
 */
import { createSocket } from 'node:dgram';

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: 4 * 1024 * 1024,
  lookup: (address, _options, found) => found(null, address, 4),
});
socket.on('message', (packet, client) => {
  packet.writeUInt8(packet.readUInt8(2) | 0x80, 2);
  socket.send(packet, client.port, client.address);
});
socket.bind({ address: '127.0.0.1', port: Number(process.argv[2]), exclusive: true });
