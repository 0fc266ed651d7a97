// SPDX-License-Identifier: GPL-3.0-or-later
/** The contracts' build in artifacts/, read without Hardhat, and held against the sources that it was made of. */
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { z } from "zod";

import { DeployError } from "../../deploy/index.ts";
import type { Artifact, BuildReader } from "../chain/index.ts";
import { PROJECT_FOLDER } from "./chain.ts";

const span = z.object({ start: z.number().int(), length: z.number().int() });
const links = z.record(z.record(z.array(span)));
const hex = z.string().regex(/^0x/);
const schema = z.object({
  contractName: z.string(),
  bytecode: hex,
  deployedBytecode: hex,
  linkReferences: links,
  deployedLinkReferences: links,
  immutableReferences: z.record(z.array(span)).optional(),
  buildInfoId: z.string(),
});

/** The compiler's input: what the build was made of. */
const input = z.object({ input: z.object({ sources: z.record(z.object({ content: z.string() })) }) });

function notBuilt(name: string, why: string, cause?: unknown): DeployError {
  return new DeployError("ARTIFACT_MISSING", `${why} of ${name}: run "npx hardhat build"`, cause);
}

export class ProjectBuild implements BuildReader {
  readonly #root: string;
  #files: Promise<ReadonlyMap<string, string>> | undefined;
  readonly #immutables = new Map<string, Promise<ReadonlyMap<string, string>>>();
  readonly #checked = new Map<string, Promise<void>>();

  constructor(root: string = PROJECT_FOLDER) {
    this.#root = root;
  }

  /** @throws DeployError ARTIFACT_MISSING where there is no build, or one of other sources than those that are here */
  async readArtifact(name: string): Promise<Artifact> {
    const path = (await (this.#files ??= this.#list())).get(name);
    if (path === undefined) throw notBuilt(name, "there is no build");
    const result = schema.safeParse(JSON.parse(await readFile(path, "utf8")));
    if (!result.success) throw notBuilt(name, "there is no whole build");
    const { buildInfoId, ...artifact } = result.data;
    const checked = this.#checked.get(buildInfoId) ?? this.#requireFresh(buildInfoId, name);
    this.#checked.set(buildInfoId, checked);
    await checked;
    return artifact;
  }

  /** The names of the immutables of a build's contracts, by the number that the compiler gives them. */
  async immutableNames(name: string): Promise<ReadonlyMap<string, string>> {
    const path = (await (this.#files ??= this.#list())).get(name);
    if (path === undefined) throw notBuilt(name, "there is no build");
    const { buildInfoId } = schema.parse(JSON.parse(await readFile(path, "utf8")));
    const known = this.#immutables.get(buildInfoId) ?? this.#readImmutables(buildInfoId, name);
    this.#immutables.set(buildInfoId, known);
    return known;
  }

  async #readImmutables(buildInfoId: string, name: string): Promise<ReadonlyMap<string, string>> {
    const file = join(this.#root, "artifacts", "build-info", `${buildInfoId}.output.json`);
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      throw notBuilt(name, "there is no compiler output", error);
    });
    const names = new Map<string, string>();
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      const { nodeType, mutability, id, name: own } = node as Record<string, unknown>;
      if (nodeType === "VariableDeclaration" && mutability === "immutable") names.set(String(id), String(own));
      for (const child of Object.values(node)) visit(child);
    };
    const { sources } = (JSON.parse(text) as { output: { sources: Record<string, { ast: unknown }> } }).output;
    for (const { ast } of Object.values(sources)) visit(ast);
    return names;
  }

  async #list(): Promise<ReadonlyMap<string, string>> {
    const folder = join(this.#root, "artifacts");
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return new Map(
      entries
        .filter((entry) => entry.isFile() && entry.parentPath.endsWith(".sol") && entry.name.endsWith(".json"))
        .map((entry) => [basename(entry.name, ".json"), join(entry.parentPath, entry.name)]),
    );
  }

  /** A build of yesterday's sources would be deployed, or found wanting, in the name of today's. */
  async #requireFresh(buildInfoId: string, name: string): Promise<void> {
    const file = join(this.#root, "artifacts", "build-info", `${buildInfoId}.json`);
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      throw notBuilt(name, "there is no build information", error);
    });
    const { sources } = input.parse(JSON.parse(text)).input;
    for (const [source, { content }] of Object.entries(sources)) {
      const own = /^project\/(.*)$/.exec(source)?.[1];
      if (own === undefined) continue;
      const now = await readFile(join(this.#root, own), "utf8").catch(() => undefined);
      if (now !== content) throw notBuilt(name, `${own} was changed since the build`);
    }
  }
}
