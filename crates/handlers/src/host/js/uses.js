// Plugins that the engine uses otherwise than one after the other: by type and method.
'use strict';
const logs = load('logs');

/** The first engine that takes a language, by its name or by the extension of its files, runs the script. */
async function run(engines, script, context, language) {
  const extensions = { javascript: '.js', python: '.py' };
  for (const engine of engines) {
    const names = [language, `.${language}`, extensions[language]].filter(Boolean);
    const takes = engine.name === language || names.some((name) => engine.support?.(name));
    if (takes) return { value: (await engine.run(script, context)) ?? null };
  }
  return undefined;
}

/** A line of the engine, for the project's loggers. */
function line(loggers, level, message) {
  for (const plugin of loggers) {
    const logger = plugin.getLogger?.();
    (logger?.[level] ?? logger?.info)?.call(logger, message);
  }
}

/** A command of a plugin, built by the calls that the commander package has for it. */
class Command {
  constructor(name) {
    const [own, ...parts] = name.split(/\s+/);
    Object.assign(this, { own, parameters: [], options: [], commands: [], about: '', aliases: [] });
    for (const part of parts) this.argument(part);
  }

  name(name) {
    return name === undefined ? this.own : this.with('own', name);
  }

  description(text) {
    return this.with('about', text);
  }

  alias(name) {
    this.aliases.push(name);
    return this;
  }

  argument(text, description, standard) {
    const name = text.replace(/^[<[]|[>\]]$/g, '');
    const isVariadic = name.endsWith('...');
    this.parameters.push({ name: name.replace(/\.\.\.$/, ''), isRequired: !text.startsWith('['), isVariadic, description, standard });
    return this;
  }

  option(flags, description, ...rest) {
    const long = /--(no-)?([\w-]+)/.exec(flags);
    const short = /(?:^|[\s,])-(\w)\b/.exec(flags)?.[1];
    const standard = rest.find((value) => typeof value !== 'function');
    const takesValue = /[<[]/.test(flags);
    this.options.push({ flags, long: long?.[2] ?? short, short, isNegated: Boolean(long?.[1]), takesValue, description, standard });
    return this;
  }

  requiredOption(...values) {
    this.option(...values);
    this.options.at(-1).isRequired = true;
    return this;
  }

  action(run) {
    return this.with('run', run);
  }

  command(name, description = '') {
    const command = new Command(name).description(description);
    this.commands.push(command);
    return command;
  }

  addCommand(command) {
    this.commands.push(command);
    return this;
  }

  opts() {
    return this.values ?? {};
  }

  with(field, value) {
    this[field] = value;
    return this;
  }
}

// What only changes how help and errors look has nothing to do here.
const LOOKS = [
  'addHelpText', 'allowExcessArguments', 'allowUnknownOption', 'configureHelp', 'configureOutput', 'enablePositionalOptions',
  'exitOverride', 'helpOption', 'hook', 'passThroughOptions', 'showHelpAfterError', 'summary', 'usage', 'version',
];
for (const look of LOOKS) {
  Command.prototype[look] = function () {
    return this;
  };
}

async function program(plugins) {
  const root = new Command('segue');
  for (const plugin of plugins) await plugin.register?.(root);
  return root;
}

const described = ({ own, about, aliases, parameters, options, commands }) => ({
  name: own,
  description: about,
  aliases,
  arguments: parameters.map(({ name, isRequired, isVariadic, description }) => ({ name, isRequired, isVariadic, description })),
  options: options.map(({ flags, description }) => ({ flags, description })),
  commands: commands.map(described),
});

/** The commands of plugins, as they would be listed. */
const list = async (plugins) => (await program(plugins)).commands.map(described);

/** Runs a command line of a plugin. */
async function runCommand(plugins, words) {
  let command = await program(plugins);
  let rest = [...words];
  for (;;) {
    const next = command.commands.find((each) => each.own === rest[0] || each.aliases.includes(rest[0]));
    if (!next) break;
    command = next;
    rest = rest.slice(1);
  }
  if (!command.run) throw new Error(`There is no command ${words.join(' ')}`);
  const { given, values } = parsed(command, rest);
  command.values = values;
  return (await command.run(...given, values, command)) ?? null;
}

function parsed(command, words) {
  const { parseArgs } = require('util');
  const options = {};
  for (const { long, short, takesValue, isNegated } of command.options) {
    options[isNegated ? `no-${long}` : long] = { type: takesValue ? 'string' : 'boolean', ...(short && { short }) };
  }
  const { values: raw, positionals } = parseArgs({ args: words, options, allowPositionals: true });
  const values = {};
  for (const { long, isNegated, standard, isRequired, flags } of command.options) {
    const value = isNegated ? !raw[`no-${long}`] : (raw[long] ?? standard);
    if (value === undefined && isRequired) throw new Error(`Option ${flags} is required`);
    if (value !== undefined) values[long.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())] = value;
  }
  const given = command.parameters.map(({ isVariadic, standard }, at) =>
    isVariadic ? positionals.slice(at) : (positionals[at] ?? standard),
  );
  const missing = command.parameters.find(({ isRequired }, at) => isRequired && (given[at] === undefined || given[at].length === 0));
  if (missing) throw new Error(`Argument ${missing.name} is required`);
  return { given, values };
}

module.exports = {
  handler: { describe: (_, location) => load('loader').describe(location) },
  'script-engine': { run },
  logger: { line },
  'log-transport': { line: (_, level, message) => logs.tap(level, message) },
  command: { list, run: runCommand },
};
