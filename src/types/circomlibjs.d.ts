// SPDX-License-Identifier: GPL-3.0-or-later
declare module "circomlibjs" {
  /** A field element in the library's own (Montgomery) form. */
  export type Element = Uint8Array;
  export type Point = [Element, Element];

  export interface Field {
    e(value: bigint): Element;
    toObject(element: Element): bigint;
  }

  export interface Poseidon {
    /** Elements that lie one after the other are taken as they are. */
    (inputs: readonly (bigint | Element)[] | Uint8Array): Element;
    F: Field;
  }

  export interface BabyJub {
    F: Field;
    Base8: Point;
    subOrder: bigint;
    inCurve(point: Point): boolean;
    inSubgroup(point: Point): boolean;
    mulPointEscalar(point: Point, scalar: bigint): Point;
  }

  export interface Signature {
    R8: Point;
    S: bigint;
  }

  export interface Eddsa {
    F: Field;
    babyJub: BabyJub;
    prv2pub(privateKey: Uint8Array): Point;
    signPoseidon(privateKey: Uint8Array, message: Element): Signature;
    verifyPoseidon(message: Element, signature: Signature, publicKey: Point): boolean;
  }

  export function buildPoseidon(): Promise<Poseidon>;
  export function buildEddsa(): Promise<Eddsa>;
}
