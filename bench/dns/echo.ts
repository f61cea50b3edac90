/**
 * The limit: what Node alone takes to receive a packet and send one. It sends each question back with the bit of a
 * response set, so that dnsperf takes it for an answer. Run as `node bench/dns/echo.ts PORT`.
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
