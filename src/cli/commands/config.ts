/** `catamaran config`: the group of commands for the fleet file. */
import type { Register } from '../context.ts';
import { registerConfigCheck } from './config-check.ts';
import { registerConfigConfirm } from './config-confirm.ts';
import { registerConfigSchema } from './config-schema.ts';

export const registerConfig: Register = (program, context) => {
  const config = program.command('config').description('validate and describe the fleet file');
  registerConfigCheck(config, context);
  registerConfigConfirm(config, context);
  registerConfigSchema(config, context);
};
