// Bundles the tests (so that every Node from 20 on runs them) and hands them to Node's own test runner.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(join(root, "dist"), { recursive: true });
// A folder of its own for each run, so that two runs at once do not disturb each other.
const out = mkdtempSync(join(root, "dist", "test-"));
const wanted = process.argv.slice(2);

const testsIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((file) => /\.test\.tsx?$/.test(file))
        .map((file) => join(folder, file))
    : [];

const entryPoints = [join(root, "test"), join(root, "src")]
  .flatMap(testsIn)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));

await build({
  entryPoints,
  outdir: out,
  outbase: root,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  jsx: "automatic",
  jsxImportSource: "preact",
  sourcemap: "inline",
  logLevel: "warning",
  absWorkingDir: root,
  define: { __LANGS__: "{}", __ROOT__: JSON.stringify(root) },
});

const built = readdirSync(out, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".test.mjs"))
  .map((file) => join(out, file));
console.log(`${built.length} test files: ${built.map((file) => basename(file, ".test.mjs")).join(", ")}`);
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], { stdio: "inherit", cwd: root });
rmSync(out, { recursive: true, force: true });
process.exit(run.status ?? 1);
