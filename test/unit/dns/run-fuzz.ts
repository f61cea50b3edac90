/**
 * `make fuzz`: sends mutated packets to the DNS server. `node --expose-gc test/unit/dns/run-fuzz.ts [packets [seed]]`.
 */
import { bombard } from '../../support/dns/mutated-packets.ts';

const PACKETS = 10_000_000;
/** Maximum growth of live memory after the first tenth of the packets. */
const GROWTH_BYTES = 8 * 1024 * 1024;

const [count = PACKETS, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const { gc } = globalThis;
if (!gc) throw new Error('run with --expose-gc');
console.log(`${count} packets, seed ${seed}`);
const { answered, dropped, wrong, heap } = bombard(count, seed, () => gc());
const growth = heap[1] - heap[0];
console.log(`${answered} answered, ${dropped} dropped, ${wrong.length} wrong, memory grew by ${growth} bytes`);
for (const packet of wrong.slice(0, 20)) console.log(`  ${packet}`);
if (wrong.length > 0 || growth > GROWTH_BYTES) process.exitCode = 1;
