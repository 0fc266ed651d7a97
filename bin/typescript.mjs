// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Lets this process import the program's TypeScript as it is. Node.js does it alone where it can, which halves the time of a start; tsx does where
 * it cannot: in an older one, and below node_modules. Nothing is kept where another user of the machine could put something in its place, as
 * both would in the folder for temporary files.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import * as modules from "node:module";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
/** Older ones strip types, too, and warn of it. */
const isQuiet = major > 24 || (major === 24 && minor >= 3);
const isNative = isQuiet && process.features.typescript === "strip" && !import.meta.url.includes("/node_modules/");

/** Compiled code is kept where nobody but this user can write. */
function keepCompiled(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    if (uid === process.getuid?.() && (mode & 0o022) === 0) modules.enableCompileCache(folder);
  } catch {
    // Without it everything works, and starts more slowly.
  }
}

if (isNative) {
  keepCompiled(fileURLToPath(new URL("../node_modules/.cache/jeton", import.meta.url)));
  modules.registerHooks({
    /** Generated types name their files as they would be when compiled. Threads have no such rule: what they load names files as they are. */
    resolve(specifier, context, next) {
      const isOwn =
        specifier.startsWith(".") && specifier.endsWith(".js") && !context.parentURL?.includes("/node_modules/");
      if (isOwn) {
        const source = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
        if (existsSync(source)) return next(source.href, context);
      }
      return next(specifier, context);
    },
  });
} else {
  process.env.TSX_DISABLE_CACHE = "1";
  const { register } = await import("tsx/esm/api");
  register();
}
