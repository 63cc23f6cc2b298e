// SPDX-License-Identifier: Apache-2.0
// Captions over the display, at their places and in their styles.

/** @typedef {import('../engine/captions/caption-blocks.js').CaptionBlock} CaptionBlock */
/** @typedef {import('../engine/captions/caption-blocks.js').CaptionRun} CaptionRun */

/** The rows of the display, and the columns of CEA-608. */
const ROWS = 15, COLUMNS = 32;
/** The part of width and height that captions are in: the safe area. */
const SAFE = 0.8;
/** A width by height from which a picture is taken as one of 16:9, not 4:3. */
const WIDE_RATIO = 1.5;
/** Smaller letters than of this height cannot be read: then the places are not used, CSS px. */
const LEAST_ROW = 14;
/** The height of letters, rows. */
const LETTER = 0.85;
/** The height of a line of cues in the style sheet, em. */
const LINE_HEIGHT = 1.35;
const MONOSPACE = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
/** The fonts by tag (CTA-708-E §8.5.3): the first one is the default. */
const FONTS = [MONOSPACE, '"Courier New", Courier, monospace', 'Georgia, "Times New Roman", serif',
  MONOSPACE, 'inherit', '"Comic Sans MS", fantasy', '"Brush Script MT", cursive', 'inherit'];
const SMALL_CAPITALS = 7;

/**
 * Shows blocks in a box over the display, whose size may change meanwhile.
 * @param {HTMLElement} box @param {CaptionBlock[]} blocks
 * @param {{ videoWidth: number, videoHeight: number }} display with the size of the frames
 */
export function showBlocks(box, blocks, display) {
  const isCues = blocks.some(({ place }) => 'line' in place);
  const { width, height } = box.parentElement?.getBoundingClientRect() ?? new DOMRect();
  const ratio = display.videoWidth / display.videoHeight || 16 / 9;
  const free = parseFloat(getComputedStyle(box).bottom) || 0;  // for the controls
  const shown = Math.min(height, width / ratio), edge = (height - shown * SAFE) / 2;
  const isPlaced = Math.min(shown * SAFE, height - Math.max(free, edge)) / ROWS >= LEAST_ROW;
  if (isCues || isPlaced) {
    Object.assign(box.style, { inset: '0', containerType: 'size' });
    if (!isCues) Object.assign(box.style, { fontFamily: MONOSPACE, textAlign: 'left' });
    // The height of the picture, the lower edge of the safe area, the height of a row, and the
    // upper edge. The area moves up if the controls are in it, and becomes smaller if it must.
    set(box, '--height', `min(100cqh, 100cqw / ${ratio})`);
    set(box, '--low', `min(50cqh + ${SAFE / 2} * var(--height), 100cqh - ${free}px)`);
    set(box, '--row', `(min(${SAFE} * var(--height), var(--low)) / ${ROWS})`);
    set(box, '--top', `(var(--low) - ${ROWS} * var(--row))`);
  }
  box.replaceChildren(...blocks.flatMap((block) => {
    if ('line' in block.place) return [cue(block, block.place.line, free)];
    if (isPlaced) return [placed(block, ratio)];
    const lines = block.lines.filter((runs) => runs.some(({ text }) => text.trim() !== ''));
    return lines.map((runs) => paragraph([runs]));
  }));
}

/** @param {HTMLElement} box @param {string} name @param {string} value */
function set(box, name, value) { box.style.setProperty(name, value); }

/**
 * Lines in the size of other cues, between the edges of the picture and above the controls.
 * @param {CaptionBlock} block @param {number | null} line @param {number} free CSS px
 */
function cue({ lines, align }, line, free) {
  const p = document.createElement('p');
  p.dir = 'auto';
  lines.forEach((runs, index) => {
    const span = document.createElement('span');
    span.dir = 'auto';
    span.append(...runs.map(({ text, style }) => {
      if (!style?.color) return text;
      const part = document.createElement('b');
      part.textContent = text;
      Object.assign(part.style, { color: style.color, fontWeight: 'inherit' });
      return part;
    }));
    p.append(...index > 0 ? ['\n'] : [], span);
  });
  Object.assign(p.style, {
    position: 'absolute', left: '6%', right: '6%', whiteSpace: 'pre-wrap', textAlign: align,
    ...line === null ? { bottom: `${free}px` } : {
      top: `max(0px, min(50cqh + ${line / 100 - 0.5} * var(--height), `
        + `100cqh - ${free}px - ${LINE_HEIGHT * lines.length}em))`,
    },
  });
  return p;
}

/** @param {CaptionBlock} block @param {number} ratio of the picture */
function placed({ lines, place, columns, align, fill }, ratio) {
  const p = paragraph(lines);
  Object.assign(p.style, {
    position: 'absolute', whiteSpace: 'pre', lineHeight: 'calc(var(--row))', direction: 'ltr',
    fontSize: `calc(${LETTER} * var(--row))`,
  });
  if ('row' in place) {
    p.style.top = `calc(var(--top) + ${place.row} * var(--row))`;
    p.style.left = `calc(50cqw + ${place.column - COLUMNS / 2}ch)`;
    return p;
  }
  if (!('anchor' in place)) return p;
  const { x, wideX, y, anchor } = place, across = ratio < WIDE_RATIO ? x : wideX;
  Object.assign(p.style, {
    top: `calc(var(--top) + ${y * ROWS} * var(--row))`,
    left: `calc(50cqw + ${SAFE * (across - 0.5) * ratio} * var(--height))`,
    transform: `translate(${-50 * (anchor % 3)}%, ${-50 * Math.floor(anchor / 3)}%)`,
    width: `${columns}ch`, textAlign: align ?? 'left', background: fill ?? '',
  });
  return p;
}

/** @param {CaptionRun[][]} lines */
function paragraph(lines) {
  const p = document.createElement('p');
  lines.forEach((runs, index) => {
    if (index > 0) p.append('\n');
    p.append(...runs.map(spanOf));
  });
  return p;
}

/**
 * Text is never read as HTML.
 * @param {CaptionRun} run
 */
function spanOf({ text, style }) {
  const span = document.createElement('span');
  span.textContent = text;
  Object.assign(span.style, { padding: '0', borderRadius: '0', whiteSpace: 'pre' });
  if (!style) {
    span.style.background = 'none';
    return span;
  }
  const { color, background, edge, font = 0, isItalic, isUnderlined, offset, size } = style;
  Object.assign(span.style, {
    ...color && { color }, ...background && { background }, ...isItalic && { fontStyle: 'italic' },
    ...isUnderlined && { textDecoration: 'underline' }, ...offset && { verticalAlign: offset },
    ...size && { fontSize: `${size}em` }, ...font > 0 && { fontFamily: FONTS[font] },
    ...font === SMALL_CAPITALS && { fontVariant: 'small-caps' },
    ...edge && { textShadow: `0 0 .1em ${edge}, .06em .06em .1em ${edge}` },
  });
  return span;
}
