// SPDX-License-Identifier: Apache-2.0
// QR codes: texts of up to 666 bytes, with error correction M.
//
// Source: ISO/IEC 18004:2015, clauses 7.3 (data), 7.5 (error correction), 7.7 (placement), 7.8
// (masks) and 7.9, 7.10 (format and version information).

/** Codewords of error correction in each block, and blocks, of the versions 1 to 20 (Table 9). */
const CORRECTION = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

/** The conditions of the eight masks (Table 10), of row y and column x. */
const MASKS = [
  (/** @type {number} */ y, /** @type {number} */ x) => (y + x) % 2,
  (/** @type {number} */ y) => y % 2,
  (/** @type {number} */ _, /** @type {number} */ x) => x % 3,
  (/** @type {number} */ y, /** @type {number} */ x) => (y + x) % 3,
  (/** @type {number} */ y, /** @type {number} */ x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2,
  (/** @type {number} */ y, /** @type {number} */ x) => y * x % 2 + y * x % 3,
  (/** @type {number} */ y, /** @type {number} */ x) => (y * x % 2 + y * x % 3) % 2,
  (/** @type {number} */ y, /** @type {number} */ x) => ((y + x) % 2 + y * x % 3) % 2,
];

/** Powers of 2 in the field of 256 elements with the polynomial 285, and their inverse. */
const POWERS = /** @type {number[]} */ ([]), LOGARITHMS = /** @type {number[]} */ ([]);
for (let i = 0, value = 1; i < 255; i += 1) {
  POWERS[i] = value;
  LOGARITHMS[value] = i;
  value *= 2;
  if (value > 255) value ^= 285;
}

/** @param {number} a @param {number} b */
const product = (a, b) => (
  a === 0 || b === 0 ? 0 : POWERS[(LOGARITHMS[a] + LOGARITHMS[b]) % 255]);

/** @param {number} degree @returns {number[]} the coefficients below the highest one */
function generator(degree) {
  let found = [1];
  for (let i = 0; i < degree; i += 1) {
    const next = [...found, 0];
    found.forEach((value, j) => { next[j + 1] ^= product(value, POWERS[i]); });
    found = next;
  }
  return found.slice(1);
}

/**
 * The remainder of a division.
 * @param {number[]} data @param {number[]} divisor
 */
function remainder(data, divisor) {
  const rest = divisor.map(() => 0);
  for (const value of data) {
    const factor = value ^ /** @type {number} */ (rest.shift());
    rest.push(0);
    divisor.forEach((coefficient, i) => { rest[i] ^= product(coefficient, factor); });
  }
  return rest;
}

/**
 * Codewords of a version.
 * @param {number} version
 */
function capacity(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const patterns = Math.floor(version / 7) + 2;
    modules -= (25 * patterns - 10) * patterns - 55;
  }
  if (version >= 7) modules -= 36;
  const all = Math.floor(modules / 8);
  return { all, data: all - CORRECTION[version - 1] * BLOCKS[version - 1] };
}

/**
 * The codewords of bytes, padded.
 * @param {Uint8Array} bytes @param {number} version
 */
function dataOf(bytes, version) {
  const { data } = capacity(version), bits = /** @type {number[]} */ ([]);
  const append = (/** @type {number} */ value, /** @type {number} */ length) => {
    for (let i = length - 1; i >= 0; i -= 1) bits.push(value >> i & 1);
  };
  append(4, 4);
  append(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) append(byte, 8);
  append(0, Math.min(4, data * 8 - bits.length));
  while (bits.length % 8 > 0) bits.push(0);
  const words = [];
  for (let i = 0; i < bits.length; i += 8) words.push(parseInt(bits.slice(i, i + 8).join(''), 2));
  for (let pad = 0xec; words.length < data; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

/**
 * Data and error correction, interleaved.
 * @param {number[]} data @param {number} version
 */
function interleaved(data, version) {
  const count = BLOCKS[version - 1], divisor = generator(CORRECTION[version - 1]);
  const short = Math.floor(data.length / count), long = data.length % count, blocks = [];
  for (let i = 0, at = 0; i < count; i += 1) {
    const length = short + (i >= count - long ? 1 : 0), block = data.slice(at, at + length);
    blocks.push({ block, rest: remainder(block, divisor) });
    at += length;
  }
  const found = [];
  for (let i = 0; i <= short; i += 1) {
    for (const { block } of blocks) if (i < block.length) found.push(block[i]);
  }
  for (let i = 0; i < divisor.length; i += 1) for (const { rest } of blocks) found.push(rest[i]);
  return found;
}

/**
 * The centers of the alignment patterns.
 * @param {number} version @param {number} size
 */
function alignments(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2, found = [6];
  for (let at = size - 7; found.length < count; at -= step) found.splice(1, 0, at);
  return found;
}

/** `value` with the rest of its division, as BCH codes have it. */
const withRest = (
  /** @type {number} */ value, /** @type {number} */ length, /** @type {number} */ divisor,
) => {
  let rest = value << length;
  for (let bit = 31; bit >= length; bit -= 1) {
    if (rest >>> bit & 1) rest ^= divisor << bit - length;
  }
  return value << length | rest;
};

/** A square of modules; a module of a function pattern is never masked. */
class Modules {
  /** @param {number} version */
  constructor(version) {
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    const { size } = this;
    for (let i = 0; i < size; i += 1) {
      this.fix(i, 6, i % 2 === 0);
      this.fix(6, i, i % 2 === 0);
    }
    for (const [y, x] of [[3, 3], [3, size - 4], [size - 4, 3]]) this.square(y, x, 4);
    const centers = alignments(version, size), last = centers.length - 1;
    centers.forEach((y, i) => centers.forEach((x, j) => {
      const isFinder = i === 0 && (j === 0 || j === last) || i === last && j === 0;
      if (!isFinder) this.square(y, x, 2);
    }));
    if (version >= 7) {
      const bits = withRest(version, 12, 0x1f25);
      for (let i = 0; i < 18; i += 1) {
        const a = size - 11 + i % 3, b = Math.floor(i / 3), isDark = (bits >> i & 1) === 1;
        this.fix(a, b, isDark);
        this.fix(b, a, isDark);
      }
    }
    this.format(0);
  }

  /** @param {number} y @param {number} x @param {boolean} isDark */
  fix(y, x, isDark) {
    this.dark[y][x] = isDark;
    this.fixed[y][x] = true;
  }

  /**
   * Rings around a center.
   * @param {number} cy @param {number} cx @param {number} radius
   */
  square(cy, cx, radius) {
    for (let y = cy - radius; y <= cy + radius; y += 1) {
      for (let x = cx - radius; x <= cx + radius; x += 1) {
        if (y < 0 || x < 0 || y >= this.size || x >= this.size) continue;
        const ring = Math.max(Math.abs(y - cy), Math.abs(x - cx));
        this.fix(y, x, radius === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
    }
  }

  /**
   * The format information: level M is 0.
   * @param {number} mask
   */
  format(mask) {
    const bits = withRest(mask, 10, 0x537) ^ 0x5412, { size } = this;
    for (let i = 0; i < 15; i += 1) {
      const isDark = (bits >> i & 1) === 1;
      const first = i < 6 ? [i, 8] : i < 8 ? [i + 1, 8] : i === 8 ? [8, 7] : [8, 14 - i];
      const second = i < 8 ? [8, size - 1 - i] : [size - 15 + i, 8];
      this.fix(first[0], first[1], isDark);
      this.fix(second[0], second[1], isDark);
    }
    this.fix(size - 8, 8, true);
  }

  /**
   * Places codewords in columns of two, from the right, up and down.
   * @param {number[]} words
   */
  place(words) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step += 1) {
        const y = (right + 1 & 2) === 0 ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x]) continue;
          this.dark[y][x] = (words[i >> 3] >> 7 - (i & 7) & 1) === 1;
          i += 1;
        }
      }
    }
  }

  /** @param {number} mask a second call undoes the first one */
  mask(mask) {
    const condition = MASKS[mask];
    for (let y = 0; y < this.size; y += 1) {
      for (let x = 0; x < this.size; x += 1) {
        if (!this.fixed[y][x] && condition(y, x) === 0) this.dark[y][x] = !this.dark[y][x];
      }
    }
  }

  /** The penalty of 7.8.3. */
  get penalty() {
    const { dark, size } = this;
    const lines = [...dark, ...dark.map((_, x) => dark.map((row) => row[x]))];
    let sum = 0, count = 0;
    for (const line of lines) {
      const text = line.map((isDark) => (isDark ? 1 : 0)).join('');
      for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
      for (const at of text.matchAll(/(?=10111010000|00001011101)/g)) sum += at ? 40 : 0;
    }
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) {
        if (dark[y][x]) count += 1;
        const isBlock = y > 0 && x > 0 && dark[y][x] === dark[y - 1][x]
          && dark[y][x] === dark[y][x - 1] && dark[y][x] === dark[y - 1][x - 1];
        if (isBlock) sum += 3;
      }
    }
    return sum + 10 * Math.floor(Math.abs(count * 20 / (size * size) - 10));
  }
}

/**
 * The modules of a text, row by row; true is dark. Null if it is too long.
 * @param {string} text
 * @returns {boolean[][] | null}
 */
export function qrOf(text) {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (version <= BLOCKS.length
    && capacity(version).data * 8 < bytes.length * 8 + (version < 10 ? 12 : 20)) version += 1;
  if (version > BLOCKS.length) return null;
  const modules = new Modules(version);
  modules.place(interleaved(dataOf(bytes, version), version));
  let best = 0, least = Infinity;
  for (let mask = 0; mask < 8; mask += 1) {
    modules.format(mask);
    modules.mask(mask);
    const { penalty } = modules;
    modules.mask(mask);
    if (penalty < least) [best, least] = [mask, penalty];
  }
  modules.format(best);
  modules.mask(best);
  return modules.dark;
}

/**
 * The path of the dark modules, for an SVG whose units are modules.
 * @param {boolean[][]} modules @param {number} margin
 */
export function qrPath(modules, margin) {
  return modules.flatMap((row, y) => row.map((isDark, x) => (
    isDark ? `M${x + margin} ${y + margin}h1v1h-1z` : ''))).join('');
}
