// The guide's code blocks, run byte for byte behind a prelude.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Every fenced block of the guide, as it stands. */
export function blocks() {
  const text = readFileSync(join(here, "guide.md"), "utf8");
  return [...text.matchAll(/^```typescript\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
}

/** A directory in which the guide's import name is the SDK under test, pointed at the local server. */
export function workspace(sdk) {
  const root = join(here, ".run", sdk);
  const shim = join(root, "node_modules", "@io-orkes", "conductor-javascript");
  mkdirSync(shim, { recursive: true });
  const real = JSON.stringify(require.resolve(sdk));
  const names = Object.keys(require(sdk)).filter((name) => name !== "default" && name !== "orkesConductorClient");
  writeFileSync(join(shim, "package.json"), JSON.stringify({ name: "@io-orkes/conductor-javascript", type: "module", exports: "./index.js" }));
  // The guide names a server on the internet; everything else of the SDK is untouched.
  writeFileSync(
    join(shim, "index.js"),
    `import { createRequire } from "node:module";
const real = createRequire(import.meta.url)(${real});
export const { ${names.join(", ")} } = real;
export const orkesConductorClient = (config) => real.orkesConductorClient({ ...config, serverUrl: process.env.GUIDE_SERVER });
`,
  );
  return { root, real: require(sdk) };
}

/** Runs a block behind `prelude`; `exported` names what the test wants to see of it. */
export async function run({ root }, number, block, prelude, exported) {
  const source = `${prelude}\n${block}\n${exported.length ? `export { ${exported.join(", ")} };` : "export {};"}\n`;
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const file = join(root, `block-${number}-${Date.now()}.mjs`);
  writeFileSync(file, outputText);
  return import(pathToFileURL(file).href);
}
