// SPDX-License-Identifier: GPL-3.0-or-later
/** Points of BN254's groups from coordinates that nobody vouches for. The curve is mcl's (https://github.com/herumi/mcl). */
import { BN_SNARK1, G1, G2, init, verifyOrderG2 } from "mcl-wasm";

await init(BN_SNARK1);
// Without it `setStr` asks of a point that it is on its curve, and no more: the twist has points outside the group.
verifyOrderG2(true);

/** Real part, and what stands before u, with u² = -1. */
type TwistCoordinate = readonly [bigint, bigint];

/** Leaves out what is no point of the group, and the point at infinity. */
function read<P extends G1 | G2>(point: P, coordinates: readonly bigint[]): P | undefined {
  try {
    point.setStr(`1 ${coordinates.join(" ")}`, 10);
  } catch (error) {
    // What mcl says of coordinates that it refuses. Anything else is no word about the point.
    if (!(error instanceof Error) || !error.message.includes("callSetInput")) throw error;
    return undefined;
  }
  return point.isZero() ? undefined : point;
}

/** Coordinates are not negative. */
export const g1Point = (x: bigint, y: bigint): G1 | undefined => read(new G1(), [x, y]);
export const g2Point = (x: TwistCoordinate, y: TwistCoordinate): G2 | undefined => read(new G2(), [...x, ...y]);
