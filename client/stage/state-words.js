// SPDX-License-Identifier: Apache-2.0
// The state of a stream in words: badge, sentences, and the ways out of it.

import { outageWords } from '../shared/outage.js';
import { sentenceOf } from '../shared/sentence.js';
import { dayOf, hourOf, secondOf } from '../shared/day-time.js';
import { latencyText } from './brief-words.js';
import { durationWords } from './time-scale.js';
/** @typedef {import('../engine/playback/refusal.js').Refusal} Refusal */
/** @typedef {import('../engine/server/away.js').SourcePresence} SourcePresence */
/** @typedef {import('../shared/timestamps.js').Publisher} Publisher */

/**
 * The known facts of a stream. Times are Unix ms on the server's clock, durations ms.
 * @typedef {object} Facts
 * @property {'live' | 'wait' | 'dead'} status whether the player receives media
 * @property {number} since the last change between `live` and the others
 * @property {string} problem the last problem of the player; empty if there is none
 * @property {number | null} retryAt the player tries again; null while it does not wait
 * @property {Refusal | null} refusal of the stream by its server
 * @property {boolean} isReachable whether the server answers
 * @property {boolean} isConnected whether a playlist has arrived
 * @property {SourcePresence | null} source null while unknown
 * @property {Publisher | null} publisher null if clients do not publish the stream
 * @property {boolean} hasStarted whether playback has begun
 * @property {boolean} needsClick whether the browser does not play by itself
 * @property {boolean} isPaused
 * @property {number | null} shownAt of the newest frame on the screen; null before the first one
 * @property {number} stillFor since that frame came
 * @property {number} interval the usual time between two frames; 0 while unknown
 * @property {number | null} past the shown instant of the past; null at the live edge
 * @property {[number, number] | null} gap the time without media around this instant
 * @property {number | null} latency
 * @property {number | null} target null for a player whose latency the page does not hold
 * @property {number} frameRate frames that were shown in the last second
 * @property {number | null} usualRate frames a second of the stream; null while unknown
 * @property {number | null} recorded start of the recording; null without one
 * @property {number | null} recordedTo
 * @property {boolean} isOnDemand
 * @property {string} name of the stream in its address
 * @property {boolean} maySignIn whether the page may ask for a password
 */

/**
 * @typedef {'list' | 'again' | 'live' | 'recorded' | 'start' | 'stills' | 'gap' | 'page'} Action
 */

/**
 * `tone` and `badge`: class and word of the badge, `detail` the figure beside it. `title` and
 * `text`: the sentences over the picture, `said` without the parts that change each second;
 * `isNote` if they lie at its edge, since it moves. `isDim`: the picture is not a present one.
 * `sign`: the lines of an icon in a box of 24 units; empty for a circle that turns.
 * `form`: the field in which a viewer may enter something.
 * @typedef {object} Words
 * @property {string} state
 * @property {string} tone
 * @property {string} badge
 * @property {string} detail
 * @property {string} title
 * @property {string} text
 * @property {string} said
 * @property {boolean} isNote
 * @property {boolean} isDim
 * @property {string} sign
 * @property {Action[]} actions
 * @property {'password' | 'key' | null} form
 */

/** The signs of the states, of which each has words too. */
const CLOCK = 'M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17zM12 7v5l3.500 2';
const OFF = 'M3 7h12.5v10H3zM15.5 11l5.5-3v8l-5.5-3zM3.5 3.5l17 17';
/** @type {Record<string, string>} */
const SIGNS = {
  lost: OFF, still: OFF, failed: OFF, connecting: '', starting: '',
  gone: 'M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17zM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17z',
  'no-access': 'M5 11h14v9H5zM8 11V8a4 4 0 018 0v3',
  'not-found': 'M10.5 4.500a6 6 0 100 12 6 6 0 000-12zM15 15l5 5',
};

/**
 * The words of buttons.
 * @type {Record<Action, string>}
 */
export const ACTIONS = {
  list: 'All streams', again: 'Try now', live: 'Jump to live', recorded: 'Watch what was recorded',
  start: 'Watch from the start', stills: 'See one picture every 5 s', gap: 'Jump over the gap',
  page: 'Open its page',
};

/** A short outage needs no words, ms. */
const DELAY = 1200;
/** Frames that stand still for this time, or for three usual intervals, are not live, ms. */
const STILL = 1000;
/** After this time without a first picture the words say why, ms. */
const LONG_START = 8000;
/** Later than its target by this much, a picture is late, ms. */
const LATE = 1500;
/** The part of the frame rate below which the encoder is too slow. */
const SLOW = 0.85;

/** @param {string} state @param {string} tone @param {string} badge @param {Partial<Words>} rest */
function words(state, tone, badge, rest = {}) {
  const title = rest.title ?? '';
  return {
    state, tone, badge, detail: '', title, text: '', said: title, isNote: false, isDim: false,
    actions: /** @type {Action[]} */ ([]), form: null, sign: SIGNS[state] ?? CLOCK, ...rest,
  };
}

/** @param {number} ms as `for 33 s` */
const forText = (ms) => `for ${durationWords(ms / 1000)}`;

/** @param {number | null} at @param {number} now */
function nextTry(at, now) {
  const seconds = at === null ? 0 : Math.ceil((at - now) / 1000);
  return seconds > 1 ? `Next try in ${durationWords(seconds)}.` : 'Trying again.';
}

/** @param {Facts} facts */
function lastPicture({ shownAt }) {
  return shownAt === null ? '' : `Last picture at ${secondOf(shownAt)}.`;
}

/** @param {...string} parts sentences of which some are empty */
const joined = (...parts) => parts.filter((part) => part !== '').join(' ');

/** @param {Facts} facts @returns {Action[]} */
const recordedAction = ({ recorded }) => (recorded === null ? [] : ['recorded']);

/** @param {Facts} facts @param {Refusal} refusal @param {number} now */
function refusedWords(facts, { status, reason, expires, retryAt, at }, now) {
  const none = (/** @type {Partial<Words>} */ rest) => words(
    'no-access', 'none', 'No access', { isDim: true, ...rest });
  const ASK = 'Ask for a new one, or enter a key that you were given.';
  if (status === 401) {
    const title = 'This stream needs a password';
    // A frame of another site has no cookies, and its page could show a form of its own.
    return none(facts.maySignIn
      ? { title, text: 'Ask the person who sent you here.', form: 'password' }
      : { title, text: 'This site cannot ask for it. Its own page can.', actions: ['page'] });
  }
  if (status === 403) {
    return expires === null ? none({
      title: 'This stream needs a key', form: 'key',
      text: 'Ask the person who sent you here for a link, or enter the key.',
    }) : none({
      title: 'This link does not open the stream', form: 'key',
      text: `It was changed, or is for another stream or place. ${ASK}`,
    });
  }
  if (status === 410) {
    const end = expires === null ? ''
      : `It was good until ${dayOf(expires * 1000, now)}, ${hourOf(expires * 1000)}.`;
    return none({
      title: 'This link has expired', text: joined(end, ASK), form: 'key', actions: ['list'],
    });
  }
  if (status === 404 && retryAt === null) {
    return words('not-found', 'none', 'Not found', {
      title: `There is no stream called “${facts.name}”`, isDim: true,
      text: facts.recorded === null
        ? 'It was renamed or removed, or the address has a typing error.'
        : 'It is not on air. A recording of it is kept.',
      actions: [...recordedAction(facts), 'list'],
    });
  }
  if (status === 404) {
    return words('not-found', 'lost', 'Not found', {
      detail: forText(now - at), isDim: true, title: 'The stream is not there any more',
      text: joined(lastPicture(facts), nextTry(retryAt, now)),
      actions: [...recordedAction(facts), 'again'],
    });
  }
  const isFull = status === 503 && /too many|full|busy/i.test(reason);
  if (status === 429) {
    return none({
      title: 'Too many wrong keys came from your network', text: nextTry(retryAt, now),
    });
  }
  return isFull ? words('overloaded', 'late', 'Waiting', {
    title: 'Too many people are watching', isDim: true, actions: ['stills'],
    text: joined('You are let in as soon as there is room.', nextTry(retryAt, now)),
  }) : null;
}

/** @param {Facts} facts @param {SourcePresence} source @param {number} now */
function lostWords(facts, source, now) {
  const { publisher } = facts, { outage } = source;
  const since = outage?.since ?? source.since / 1e6;
  if (now - since < DELAY) return null;
  const hasLeft = outage?.kind === 'no-publisher' && publisher != null && publisher.since > 0;
  const slate = publisher?.state === 'slate' ? 'A slate is shown.' : '';
  const rest = { detail: forText(now - since), isDim: true, actions: recordedAction(facts) };
  const last = facts.shownAt === null ? `No picture since ${secondOf(since)}.`
    : `Last picture at ${secondOf(since)}.`;
  if (outage?.kind === 'no-publisher' && !hasLeft) {
    return words('waiting', 'wait', 'Waiting', {
      ...rest, title: outageWords(outage).title, text: 'The picture starts by itself.',
    });
  }
  if (outage && !hasLeft) {
    const { title, details } = outageWords(outage), { retry } = outage;
    const next = retry === null ? source.hasFailed ? '' : 'The picture starts by itself.'
      : nextTry(retry, now);
    return words('lost', 'lost', 'No picture', {
      ...rest, title, text: joined(details, last, next),
    });
  }
  return words('lost', 'lost', 'No picture', source.hasFailed ? {
    ...rest, title: 'The stream has failed',
    text: joined(last, 'The picture returns if it starts again.'),
  } : {
    ...rest, title: publisher ? 'The publisher is away' : 'The source is away',
    text: joined(last, slate, 'The picture returns by itself.'),
  });
}

/**
 * The words while no media arrives.
 * @param {Facts} facts @param {number} now
 */
function waitWords(facts, now) {
  const { isReachable, problem, retryAt, shownAt, since, isConnected } = facts;
  const silent = now - since;
  if (!isReachable && silent >= DELAY) {
    return words('gone', 'lost', 'No server', {
      detail: forText(silent), title: 'The server does not answer', isDim: true,
      text: joined(lastPicture(facts), nextTry(retryAt, now)), actions: ['again'],
    });
  }
  if (shownAt === null && silent < LONG_START) {
    return isConnected ? words('starting', 'start', 'Starting', {
      title: 'Starting', text: 'Connected. Waiting for the first key frame, at most 4 s.',
    }) : words('connecting', 'start', 'Connecting', {
      title: 'Connecting', text: 'The first picture comes within a second.',
    });
  }
  if (silent < DELAY) return words('connecting', 'start', 'Connecting');
  const reason = problem === '' ? '' : `${sentenceOf(problem)}.`;
  return words('waiting', shownAt === null ? 'wait' : 'lost',
    shownAt === null ? 'Waiting' : 'No picture', {
      detail: forText(silent), title: 'Waiting for the stream', isDim: true,
      text: joined(reason, lastPicture(facts) || `No picture since ${secondOf(since)}.`,
        nextTry(retryAt, now)),
      actions: [...recordedAction(facts), 'again'],
    });
}

/**
 * The words while the picture is one of the past.
 * @param {Facts} facts @param {number} now
 */
function pastWords(facts, now) {
  const at = /** @type {number} */ (facts.past), { gap, status, since } = facts;
  if (gap) {
    const [from, to] = gap.map(hourOf);
    return words('gap', 'none', 'No recording', {
      title: 'Nothing was kept here', isDim: true, actions: ['gap'],
      text: `From ${from} to ${to} there is no recording.`,
    });
  }
  const rest = { detail: dayOf(at, now) };
  return words('past', 'past', secondOf(at), status === 'live' || now - since < DELAY ? rest : {
    ...rest, title: 'Getting the recording', text: `The picture of ${secondOf(at)} comes soon.`,
  });
}

/** @param {Facts} facts @param {number} latency */
function lateWords({ frameRate, usualRate }, latency) {
  const late = `${(latency / 1000).toFixed(1)} s`;
  const isSlow = usualRate !== null && frameRate > 0 && frameRate < SLOW * usualRate;
  const text = isSlow
    ? `The encoder sends less than real time: ${frameRate} of ${Math.round(usualRate)} frames a `
      + 'second.'
    : 'The connection is slow, or was interrupted.';
  return words('late', 'late', 'Late', {
    detail: late, title: `${late} behind, catching up`, said: 'Behind, catching up', text,
    isNote: true, actions: ['live'],
  });
}

/**
 * The words for the known facts.
 * @param {Facts} facts @param {number} now Unix ms on the server's clock
 * @returns {Words}
 */
export function wordsOf(facts, now) {
  const { status, refusal, source, past, stillFor, latency } = facts;
  const refused = refusal && status !== 'live' ? refusedWords(facts, refusal, now) : null;
  if (refused) return refused;
  if (!facts.hasStarted) {
    return facts.isOnDemand
      ? words('demand', 'demand', 'On demand', { text: 'Starts when opened, in about 2 s.' })
      : words('ready', 'none', 'Ready');
  }
  if (status === 'dead') {
    if (!/ended/i.test(facts.problem)) {
      return words('failed', 'bad', 'Cannot play', {
        title: 'The stream cannot be played here', isDim: true, actions: ['again'],
        text: facts.problem === '' ? '' : `${sentenceOf(facts.problem)}.`,
      });
    }
    const { recorded, recordedTo } = facts, span = recorded === null || recordedTo === null ? ''
      : `It was live from ${hourOf(recorded)} to `
        + `${hourOf(recordedTo)}.`;
    return words('ended', 'none', 'Ended', {
      title: 'The show has ended', isDim: true,
      text: joined(span, 'This page starts by itself when the next one begins.'),
      actions: recorded === null ? ['list'] : ['start', 'list'],
    });
  }
  if (past !== null && status === 'live') return pastWords(facts, now);
  if (facts.isReachable && source && !source.isOnline && source.since > 0) {
    const lost = lostWords(facts, source, now);
    if (lost) return lost;
  }
  if (facts.needsClick && status === 'live') return words('ready', 'none', 'Ready');
  if (facts.isPaused) return words('paused', 'none', 'Paused');
  if (status === 'wait') return past === null ? waitWords(facts, now) : pastWords(facts, now);
  const limit = Math.max(STILL, 3 * facts.interval);
  if (stillFor > limit) {
    const isLong = stillFor > limit + 2000;
    return words('still', 'lost', 'No picture', {
      detail: forText(stillFor), isDim: isLong, ...isLong && {
        title: 'The picture stands still', actions: ['again'],
        text: joined(lastPicture(facts), 'This page asks for it again.'),
      },
    });
  }
  const { target } = facts;
  const isLate = target !== null && latency !== null && latency > target + Math.max(LATE, target);
  if (isLate) return lateWords(facts, latency);
  return words('live', 'live', 'Live', { detail: latencyText(latency) });
}

/**
 * The state in the title of the window.
 * @param {Words} shown
 */
export function titleState({ state, badge }) {
  if (state === 'ready') return '';
  return state === 'past' ? badge.slice(0, 5) : badge.toLowerCase();
}
