/** What came before there was something to say to the client: kept in order, small pieces joined, since each has a cost of its own. */

const JOIN_AT = 4_096;

export interface HeldPieces {
  add(piece: string | Buffer): void;
  /** Everything so far, in order; afterwards there is nothing. */
  take(): readonly (string | Buffer)[];
}

export function createHeldPieces(): HeldPieces {
  const joined: (string | Buffer)[] = [];
  let small: (string | Buffer)[] = [];
  return {
    add(piece) {
      small.push(piece);
      if (small.length < JOIN_AT) return;
      joined.push(Buffer.concat(small.map((one) => (typeof one === 'string' ? Buffer.from(one) : one))));
      small = [];
    },
    take() {
      const all = [...joined, ...small];
      joined.length = 0;
      small = [];
      return all;
    },
  };
}
