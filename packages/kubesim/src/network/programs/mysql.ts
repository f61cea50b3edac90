/**
 * A mysql client that connects, checks the password and greets. There is no database: it answers only which pod it
 * reached. Source: MySQL reference manual, mysql client and error messages.
 */
import { ConfigurationError, environmentOf } from '../../workloads/kubelet/configuration.ts';
import { imageName } from '../images.ts';
import type { Target } from '../router.ts';
import { hostnameOf } from './files.ts';
import { type OptionRule, parseOptions } from './options.ts';
import type { Execution, Program } from './program.ts';

const RULES: readonly OptionRule[] = [
  { names: ['-h', '--host'], value: true },
  { names: ['-P', '--port'], value: true },
  { names: ['-u', '--user'], value: true },
  { names: ['-p', '--password'], value: true },
  { names: ['-e', '--execute'], value: true },
  { names: ['-N', '--skip-column-names'] },
  { names: ['-s', '--silent'] },
];

const GREETING = `Welcome to the MySQL monitor.  Commands end with ; or \\g.
Your MySQL connection id is 1
Server version: 5.6.51 MySQL Community Server (GPL)

Copyright (c) 2000, 2021, Oracle and/or its affiliates. All rights reserved.

Oracle is a registered trademark of Oracle Corporation and/or its
affiliates. Other names may be trademarks of their respective
owners.

Type 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.

`;

function passwordOf({ view, pod, container }: Target): string | undefined {
  try {
    return environmentOf(view.objects, pod, container).get('MYSQL_ROOT_PASSWORD');
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

/** The answer to a statement. */
function answerTo(statement: string, { pod }: Target, { stdout, stderr }: Execution): number {
  const text = statement.trim().replace(/(;|\\g)$/, '');
  if (text === '') return 0;
  if (/^select\s+@@hostname$/i.test(text)) {
    stdout(`@@hostname\n${hostnameOf({ pod })}\n`);
    return 0;
  }
  stderr('ERROR 1105 (HY000): kubesim pods have no database; they answer only SELECT @@hostname\n');
  return 1;
}

export const mysql: Program = async (execution, args) => {
  const { fabric, client, stderr } = execution;
  const { given, unknown } = parseOptions(args, RULES);
  if (unknown !== undefined) {
    stderr(`mysql: [ERROR] unknown option '${unknown}'\n`);
    return 2;
  }
  const host = given.get('-h') ?? 'localhost';
  const user = given.get('-u') ?? 'root';
  const password = given.get('-p');
  if (password !== undefined && password !== '') {
    stderr('Warning: Using a password on the command line interface can be insecure.\n');
  }
  const connected = await fabric.connect(client, host, Number(given.get('-P') ?? 3306));
  if ('failure' in connected) {
    const { failure } = connected;
    const error = failure === 'refused' ? 111 : failure === 'no route' ? 113 : 110;
    stderr(
      failure === 'unknown'
        ? `ERROR 2005 (HY000): Unknown MySQL server host '${host}' (0)\n`
        : `ERROR 2003 (HY000): Can't connect to MySQL server on '${host}' (${error})\n`,
    );
    return 1;
  }
  const { target, stream } = connected;
  stream.destroy();
  if (imageName(target.container.image ?? '') !== 'mysql') {
    stderr(
      "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 0\n",
    );
    return 1;
  }
  if (passwordOf(target) !== password) {
    const used = password === undefined ? 'NO' : 'YES';
    stderr(`ERROR 1045 (28000): Access denied for user '${user}'@'${client.addresses[0]}' (using password: ${used})\n`);
    return 1;
  }
  const statement = given.get('-e');
  if (statement !== undefined) return answerTo(statement, target, execution);
  return await session(target, execution);
};

function isEnd(statement: string): boolean {
  return /^\s*(exit|quit|\\q);?\s*$/i.test(statement);
}

/** Without a terminal, statements from stdin are answered without a greeting; without those, there is only a greeting. */
async function session(target: Target, execution: Execution): Promise<number> {
  const { lines, tty, stdout } = execution;
  if (tty) stdout(`${GREETING}mysql> `);
  let code = 0;
  let statements = 0;
  for (let next = await lines.next(); !next.done && !isEnd(next.value); next = await lines.next()) {
    statements++;
    code = answerTo(next.value, target, execution);
    if (tty) stdout('mysql> ');
    else if (code !== 0) return code;
  }
  if (tty) stdout('Bye\n');
  else if (statements === 0) stdout(GREETING);
  return tty ? 0 : code;
}
