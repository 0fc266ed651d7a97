// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Lets this process import the program's TypeScript as it is. Node.js does it alone where it can, which halves the time of a start; tsx does where
 * it cannot: in an older one, and below node_modules. Nothing is kept where another user of the machine could put something in its place, as
 * both would in the folder for temporary files.
 */
import { existsSync } from "node:fs";
import * as modules from "node:module";
import { fileURLToPath } from "node:url";

const [major = 0] = process.versions.node.split(".").map(Number);
/** Node.js 22 strips types, too, and warns of it. */
const isNative = major >= 24 && process.features.typescript === "strip" && !import.meta.url.includes("/node_modules/");

if (isNative) {
  modules.enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/jeton", import.meta.url)));
  modules.registerHooks({
    /** Generated types name their files as they would be when compiled. */
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
