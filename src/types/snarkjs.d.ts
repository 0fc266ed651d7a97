// SPDX-License-Identifier: GPL-3.0-or-later
/** The part of snarkjs that this project uses. Files are given by path or as bytes in memory. */
declare module "snarkjs" {
  /** A file to read or to write in memory; `data` is there after a write. */
  export interface MemoryFile {
    type: "mem";
    data?: Uint8Array;
  }
  export type Source = string | Uint8Array | MemoryFile;
  export type Target = string | MemoryFile;

  export interface Logger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  /** snarkjs's own JSON of a proof: projective coordinates as decimal strings. */
  export interface Groth16Proof {
    pi_a: string[];
    pi_b: string[][];
    pi_c: string[];
    protocol: string;
    curve: string;
  }

  export interface VerificationKey {
    protocol: string;
    curve: string;
    nPublic: number;
    vk_alpha_1: string[];
    vk_beta_2: string[][];
    vk_gamma_2: string[][];
    vk_delta_2: string[][];
    vk_alphabeta_12: string[][][];
    IC: string[][];
  }

  /** A point in the library's own form. */
  export type Point = Uint8Array;

  export interface Group {
    F: { n8: number };
    /** The generator. */
    g: Point;
    fromObject(coordinates: readonly bigint[] | readonly (readonly bigint[])[]): Point;
    isZero(point: Point): boolean;
    add(a: Point, b: Point): Point;
    timesScalar(point: Point, scalar: bigint): Point;
    toAffine(point: Point): Point;
    /** Two coordinates of an affine point. */
    toObject(point: Point): readonly bigint[] | readonly (readonly bigint[])[];
    /** From two coordinates in little-endian Montgomery form, as in files. */
    fromRprLEM(bytes: Uint8Array, offset: number): Point;
    /** To two coordinates in big-endian form, as hashed in transcripts. */
    toRprUncompressed(bytes: Uint8Array, offset: number, point: Point): void;
  }

  export interface Curve {
    q: bigint;
    r: bigint;
    G1: Group;
    G2: Group;
    terminate(): Promise<void>;
  }

  export const curves: {
    getCurveFromName(name: string, options?: { singleThread?: boolean }): Promise<Curve>;
  };

  export const groth16: {
    prove(
      zkey: Source,
      witness: Source,
      logger?: Logger,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: Groth16Proof; publicSignals: string[] }>;
    verify(
      key: VerificationKey,
      publicSignals: readonly string[],
      proof: Groth16Proof,
      logger?: Logger,
    ): Promise<boolean>;
  };

  export const powersOfTau: {
    newAccumulator(curve: Curve, power: number, target: Target, logger?: Logger): Promise<unknown>;
    /** Resolves to false, and logs why, when the beacon is malformed. */
    beacon(
      source: Source,
      target: Target,
      name: string,
      beaconHex: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<unknown>;
    preparePhase2(source: Source, target: Target, logger?: Logger): Promise<unknown>;
  };

  export const zKey: {
    /** Resolves to -1, and logs why, when the circuit does not fit. */
    newZKey(r1cs: Source, phase1: Source, target: Target, logger?: Logger): Promise<Uint8Array | -1>;
    contribute(source: Source, target: Target, name: string, entropy: string, logger?: Logger): Promise<Uint8Array>;
    /** Resolves to false, and logs why, when the beacon is malformed. */
    beacon(
      source: Source,
      target: Target,
      name: string,
      beaconHex: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    verifyFromInit(initial: Source, phase1: Source, zkey: Source, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: Source, logger?: Logger): Promise<VerificationKey>;
    exportSolidityVerifier(zkey: Source, templates: { groth16: string }, logger?: Logger): Promise<string>;
  };
}
