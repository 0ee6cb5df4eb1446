// The guide's code blocks, run byte for byte behind a prelude.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const NAME = "@io-orkes/conductor-javascript";

export const guide = readFileSync(join(here, "guide.md"), "utf8");

/** Every fenced block of the guide, as it stands. */
export const blocks = [...guide.matchAll(/^```typescript\n([\s\S]*?)^```$/gm)].map((match) => match[1]);

/** A directory in which the guide's import name is the SDK under test, pointed at the local server. */
export function workspace(sdk, server) {
  const root = join(here, ".run", `${sdk}-${process.pid}`);
  const shim = join(root, "node_modules", NAME);
  mkdirSync(shim, { recursive: true });
  const real = require(sdk);
  const names = Object.keys(real).filter((name) => !["default", "orkesConductorClient"].includes(name));
  writeFileSync(join(shim, "package.json"), JSON.stringify({ name: NAME, type: "module", exports: "./index.js" }));
  // The guide names a server on the internet; everything else of the SDK is untouched.
  writeFileSync(
    join(shim, "index.js"),
    `import { createRequire } from "node:module";
const real = createRequire(import.meta.url)(${JSON.stringify(require.resolve(sdk))});
export const { ${names.join(", ")} } = real;
export const orkesConductorClient = (config) =>
  real.orkesConductorClient({ ...config, serverUrl: ${JSON.stringify(server)} });
`,
  );
  return { root, real, remove: () => rmSync(root, { recursive: true, force: true }) };
}

let runs = 0;

/** Runs a block behind `prelude`, in which `given` is what the test hands over. `shown` names what the test wants to
    see of the block. */
export async function run({ root }, block, { prelude = "", given = {}, shown = [] }) {
  const key = `guide-${(runs += 1)}`;
  globalThis[key] = given;
  const source = `const given = globalThis["${key}"];\n${prelude}\n${block}\nexport { ${shown.join(", ")} };\n`;
  assert.ok(guide.includes(block) && source.includes(block), "the block is run as it stands");
  // The blocks are TypeScript, which Node 20 does not run: this takes the types out and nothing else.
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const file = join(root, `${key}.mjs`);
  writeFileSync(file, outputText);
  return import(pathToFileURL(file).href);
}
