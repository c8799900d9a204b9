// Bundles the tests (so that every Node from 20 on runs them) and hands them to Node's own test runner.
// Arguments name parts of test files; without any, all run.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const LIMITED = join(root, "test", "rig", "limited.ts");
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** As few requests of the browser's own as can be; they would go nowhere. */
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const BROWSER_TRIES = 3;
const OPENS_WITHIN_MS = 60_000;
/** The longest file takes a minute and a half alone. */
const FILE_LIMIT_MS = 300_000;

/** What `node:test` is for the tests: the same with a limit for each test. */
const limited = {
  name: "limited",
  setup: ({ onResolve }) => onResolve({ filter: /^node:test$/ }, ({ importer }) =>
    importer === LIMITED ? { path: "node:test", external: true } : { path: LIMITED }),
};

const testsIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((file) => /\.test\.tsx?$/.test(file))
        .map((file) => join(folder, file))
    : [];

async function bundle(entryPoints, out) {
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
    plugins: [limited],
  });
  const built = readdirSync(out, { recursive: true }).map(String).filter((file) => file.endsWith(".test.mjs"));
  // Browser tests take longest and mostly wait: they start first, beside each other.
  const late = (file) => Number(!file.includes("browser"));
  return built.sort((a, b) => late(a) - late(b)).map((file) => join(out, file));
}

const within = (ms, what) => Promise.race([
  what,
  new Promise((_, fail) => { setTimeout(() => fail(new Error(`not within ${ms / 1000} s`)), ms).unref(); }),
]);

async function opensPages(chromium, server) {
  const browser = await chromium.connect(server.wsEndpoint(), { timeout: OPENS_WITHIN_MS });
  const page = await browser.newPage();
  await page.goto("about:blank");
  await browser.close();
}

/** A Chromium that has opened a page; one that starts and then opens none is ended and started anew. */
async function browserServer(executablePath) {
  const { chromium } = await import("playwright-core");
  for (let tries = 1; ; tries++) {
    const server = await chromium.launchServer({ executablePath, args: QUIET });
    try {
      await within(OPENS_WITHIN_MS, opensPages(chromium, server));
      return server;
    } catch (error) {
      await server.kill();
      console.error(`Chromium has started and opens no page: ${error.message}`);
      if (tries === BROWSER_TRIES) throw new Error(`Chromium opened no page in ${tries} starts; see whether ${executablePath} works here.`);
    }
  }
}

/** The built pages and one Chromium for all browser tests of this run; the tests find both in the environment. */
async function stage(out) {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find((path) => existsSync(path));
  if (!executablePath) throw new Error("The browser tests need Chromium: apt-get install chromium.");
  const folder = join(out, "static");
  execFileSync(process.execPath, ["build.mjs"], { cwd: root, env: { ...process.env, CHATSVC_STATIC: folder } });
  const server = await browserServer(executablePath);
  return { server, env: { CHATSVC_TEST_STATIC: folder, CHATSVC_TEST_BROWSER: server.wsEndpoint() } };
}

/** Runs the bundled files in Node's test runner; resolves with its exit code. */
function run(files, env) {
  const options = ["--enable-source-maps", "--test", "--test-concurrency=2", `--test-timeout=${FILE_LIMIT_MS}`];
  const child = spawn(process.execPath, [...options, ...files], { stdio: "inherit", cwd: root, env: { ...process.env, ...env } });
  return new Promise((ended) => child.on("exit", (code) => ended(code ?? 1)));
}

const wanted = process.argv.slice(2);
const entryPoints = [join(root, "test"), join(root, "src")]
  .flatMap(testsIn)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
mkdirSync(join(root, "dist"), { recursive: true });
// A folder of its own for each run, so that two runs at once do not disturb each other.
const out = mkdtempSync(join(root, "dist", "test-"));
let staged;
try {
  const files = await bundle(entryPoints, out);
  console.log(`${files.length} test files: ${files.map((file) => basename(file, ".test.mjs")).join(", ")}`);
  if (files.some((file) => file.includes("browser"))) staged = await stage(out);
  process.exitCode = await run(files, staged?.env);
} finally {
  await staged?.server.close();
  rmSync(out, { recursive: true, force: true });
}
