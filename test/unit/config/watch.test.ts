import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FleetConfig } from '../../../src/config/fleet-config.ts';
import { type LoadedFleet, loadFleet, watchFleetFile } from '../../../src/config/watch.ts';
import type { CatamaranError } from '../../../src/runtime/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const INTERVAL = 1_000;

function fleet(...names: string[]): string {
  const members = names.map((name) => `    - {name: ${name}, context: ${name}}\n`).join('');
  return `apiVersion: catamaran.dev/v1alpha1\nkind: Fleet\nspec:\n  members:\n${members}`;
}

describe('watching a fleet file', () => {
  let folder: string;
  let file: string;
  let clock: ManualClock;
  let stop: AbortController;
  let watching: Promise<void>;
  let seen: string[];
  let errors: CatamaranError[];
  let applied: number;
  let logger: MemoryLogger;

  const names = (config: FleetConfig) => config.members.map((member) => member.name).join(',');
  const asleep = () => vi.waitFor(() => expect(clock.sleeping).toBe(1), { interval: 1 });
  /** Advances the watch by one read of the file, until it sleeps again. */
  const look = async () => {
    await asleep();
    await clock.advance(INTERVAL);
    await asleep();
  };
  const settle = async () => {
    for (let looks = 0; looks < 3; looks++) await look();
  };
  const start = (current: LoadedFleet) => {
    watching = watchFleetFile(file, {
      current,
      signal: stop.signal,
      clock,
      intervalMs: INTERVAL,
      logger,
      onChange: (config) => void seen.push(names(config)),
      onApplied: () => {
        applied++;
      },
      onError: (error) => void errors.push(error),
    });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catamaran-fleet-'));
    file = join(folder, 'fleet.yaml');
    clock = new ManualClock();
    stop = new AbortController();
    seen = [];
    errors = [];
    applied = 0;
    logger = new MemoryLogger();
    await writeFile(file, fleet('a'));
    start(await loadFleet(file));
  });

  afterEach(async () => {
    stop.abort();
    await watching;
    await rm(folder, { recursive: true });
  });

  it('reports each new configuration once, but not the one in use', async () => {
    await settle();
    expect(seen).toEqual([]);
    await writeFile(file, fleet('a', 'b'));
    await settle();
    await settle();
    expect(seen).toEqual(['a,b']);
  });

  it('ignores a changed comment', async () => {
    await writeFile(file, `# hello\n${fleet('a')}`);
    await settle();
    expect(seen).toEqual([]);
  });

  it('reports that a file is in effect again after it was rejected, even if nothing changed', async () => {
    await writeFile(file, 'no fleet');
    await settle();
    expect([errors.length, applied]).toEqual([1, 0]);
    await writeFile(file, fleet('a'));
    await settle();
    expect([errors.length, applied, seen]).toEqual([1, 1, []]);
    expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'error fleet file rejected, keeping the last good configuration',
      'info fleet file accepted again',
    ]);
  });

  it('follows an editor that replaces the file by rename', async () => {
    await writeFile(join(folder, 'new'), fleet('b'));
    await rename(join(folder, 'new'), file);
    await settle();
    expect(seen).toEqual(['b']);
  });

  it('follows a ConfigMap mount, which swaps a symlink to a directory', async () => {
    stop.abort();
    await watching;
    stop = new AbortController();
    for (const [version, member] of [
      ['v1', 'a'],
      ['v2', 'b'],
    ] as const) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'fleet.yaml'), fleet(member));
    }
    await symlink('v1', join(folder, '..data'));
    await rm(file);
    await symlink(join('..data', 'fleet.yaml'), file);
    clock = new ManualClock();
    start(await loadFleet(file));
    await symlink('v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await settle();
    expect(seen).toEqual(['b']);
  });

  it('waits until two reads agree, since a half-written file may be valid with fewer members', async () => {
    await look();
    await writeFile(file, fleet('b'));
    await look();
    await writeFile(file, fleet('b', 'c'));
    await look();
    expect(seen).toEqual([]);
    await look();
    expect(seen).toEqual(['b,c']);
  });

  it('keeps the last good configuration after a bad edit, and reports the edit once', async () => {
    await writeFile(file, fleet('a').replace('members', 'membres'));
    await settle();
    await settle();
    expect(errors.map((error) => error.code)).toEqual(['CTM_CONFIG_INVALID']);
    expect(errors[0]?.message).toContain('did you mean members?');
    await writeFile(file, fleet('a'));
    await settle();
    expect(seen).toEqual([]);
    await writeFile(file, fleet('a', 'b'));
    await settle();
    expect(seen).toEqual(['a,b']);
    expect(errors).toHaveLength(1);
  });

  it('keeps it while the file is missing, and reports that once', async () => {
    await rm(file);
    await settle();
    await settle();
    expect(errors.map((error) => error.code)).toEqual(['CTM_CONFIG_READ']);
    expect(errors[0]?.message).toBe(`${file}: cannot be read: no such file`);
    await writeFile(file, fleet('b'));
    await settle();
    expect(seen).toEqual(['b']);
  });
});
