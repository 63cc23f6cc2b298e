// SPDX-License-Identifier: Apache-2.0

import Time

/// Joins the pieces in which access units arrive: a pure state machine.
///
/// RTP carries an access unit in several packets with one timestamp, and libavformat does not mark
/// the last one; waiting for the next timestamp costs one frame. The assembler therefore learns the
/// number of slices per access unit and returns a unit when it has that number and its last piece
/// is shorter than a full datagram. If that was too early, the remaining pieces are lost and the
/// next guess needs more evidence. For an encoder whose number of slices varies, guessing ends
/// soon. A second picture with the same timestamp is another access unit.
struct AccessUnitAssembler: Sendable {
  /// A piece of an access unit as received.
  struct Piece: Sendable {
    var timestamp: SourceTime
    var bytes: [UInt8]
    /// Whether the piece starts a NAL unit; otherwise it continues one.
    var startsUnit: Bool
    /// The number of slices that start in the piece.
    var slices: Int
    /// Whether the first of these slices begins a picture that is not the second field of a frame.
    var startsPicture = false
    /// Whether one of these slices belongs to a key frame.
    var isKey: Bool
    /// The arrival.
    var arrival: MonotonicTime
    /// Whether bytes that belong to it were dropped.
    var isCut = false
    /// Whether a full datagram may be followed by another piece of the same NAL unit.
    var isDatagram = true
    /// The number of bytes up to the end of the last slice; 0 for a piece as received.
    var end = 0
  }

  /// A complete access unit.
  struct Unit: Sendable, Equatable {
    var timestamp: SourceTime
    var bytes: [UInt8]
    /// The arrival of its last piece.
    var arrival: MonotonicTime
    /// Whether it was returned before the next access unit started.
    var isEarly: Bool
    /// Whether it was too large, and bytes of it were dropped.
    var isCut = false
  }

  /// The observed number of slices of one kind of access unit.
  private struct Habit: Sendable {
    var slices = 0
    var seen = 0
  }

  /// The number of access units that were returned too early.
  private(set) var faults = 0

  /// The largest size of an access unit, in bytes; a larger one is cut.
  static let most = 32 << 20

  /// A piece may be a full datagram if it is at most this many bytes smaller than the largest
  /// piece.
  private static let slack = 16

  private var current: Piece?
  private var largest = 0
  private var lastEarly: SourceTime?
  /// Units without a slice after the last early access unit: those of a second one with its
  /// timestamp.
  private var rest: [UInt8] = []
  /// Whether the last early access unit is known to have been too early.
  private var isForgotten = false
  /// For all access units, and for key frames if their number of slices differs.
  private var habit = Habit()
  private var keyHabit = Habit()

  /// Adds the next piece.
  ///
  /// - Returns: the access units that are complete now, oldest first: up to two.
  mutating func take(_ piece: Piece) -> [Unit] {
    var units: [Unit] = []
    let received = piece.bytes.count
    var piece = piece
    if piece.timestamp == lastEarly, current == nil {
      guard piece.startsPicture else {
        // The piece belongs to a unit that was already returned. With bytes of a slice the guess
        // was wrong.
        if piece.slices > 0 || !piece.startsUnit {
          forget()
        } else if rest.count + piece.bytes.count <= Self.most {
          rest += piece.bytes
        }
        return []
      }
      piece.bytes = rest + piece.bytes
    }
    rest = []
    if var whole = current {
      if whole.timestamp != piece.timestamp {
        units.append(close(whole, early: false))
      } else if piece.startsPicture, whole.slices > 0 {
        // Another access unit with the same timestamp, and the parameter sets before it.
        // bounded: a number of its bytes
        piece.bytes = whole.bytes[whole.end...] + piece.bytes
        whole.bytes.removeSubrange(whole.end...)
        units.append(close(whole, early: false))
      }
    }
    // Only the first piece of a NAL unit has a start code and a header.
    let size = received - (piece.startsUnit ? 5 : 0)
    let isEnd = !piece.isDatagram || size < largest - Self.slack
    largest = max(largest, size)
    var joined = piece
    // Moved out first: bytes with two owners would be copied for each piece.
    if let begun = current.take() {
      joined = begun
      if begun.bytes.count + piece.bytes.count <= Self.most {
        joined.bytes += piece.bytes
      } else {
        joined.isCut = true
      }
      joined.slices += piece.slices
      joined.isKey = joined.isKey || piece.isKey
      joined.arrival = piece.arrival
    }
    if piece.slices > 0 || !piece.startsUnit { joined.end = joined.bytes.count }
    current = joined
    if isEnd, joined.slices > 0, joined.slices == expected(joined.isKey) {
      units.append(close(joined, early: true))
    }
    return units
  }

  /// The unfinished access unit at the end of the input.
  mutating func finish() -> Unit? { current.map { close($0, early: false) } }

  private mutating func close(_ piece: Piece, early: Bool) -> Unit {
    if !early { learn(piece) }
    current = nil
    if early {
      lastEarly = piece.timestamp
      isForgotten = false
    }
    return Unit(
      timestamp: piece.timestamp, bytes: piece.bytes, arrival: piece.arrival, isEarly: early,
      isCut: piece.isCut)
  }

  /// Discards the observations after a wrong guess.
  private mutating func forget() {
    guard !isForgotten else { return }
    isForgotten = true
    faults += 1
    habit = Habit()
    keyHabit = Habit()
  }

  private func expected(_ isKey: Bool) -> Int? {
    let habit = isKey && keyHabit.seen > 0 ? keyHabit : habit
    // Each wrong guess raises the evidence that the next one needs.
    // bounded: at most 8 · 12²
    let evidence = min(1000, 8 * min(faults, 12) * min(faults, 12))
    return habit.seen > evidence ? habit.slices : nil
  }

  private mutating func learn(_ piece: Piece) {
    func observe(_ habit: inout Habit) {
      if habit.slices == piece.slices {
        habit.seen += 1
      } else {
        habit = Habit(slices: piece.slices, seen: 1)
      }
    }
    guard piece.slices > 0 else { return }
    if piece.isKey, habit.seen > 0 || keyHabit.seen > 0 {
      if keyHabit.seen > 0 || piece.slices != habit.slices { observe(&keyHabit) }
      return
    }
    observe(&habit)
  }
}
