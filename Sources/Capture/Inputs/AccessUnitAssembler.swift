// SPDX-License-Identifier: Apache-2.0

/// Joins the pieces in which access units arrive: a pure state machine.
///
/// RTP brings a picture as many pieces of one stamp, and libavformat does not say which is the last; waiting for the
/// next stamp costs a frame. So the number of slices of a picture is learnt, and a unit is given out when it has that
/// many and its last piece is no full datagram. Where that was too early the rest is lost, and it takes longer until
/// the next guess; an encoder whose pictures differ is never guessed for long.
struct AccessUnitAssembler: Sendable {
  /// A piece as it arrived.
  struct Piece: Sendable {
    var timestamp: Int64
    var bytes: [UInt8]
    /// Whether a NAL unit begins with it; else it continues one.
    var startsUnit: Bool
    /// Slices that begin in it.
    var slices: Int
    /// Whether one of them belongs to a key picture.
    var isKey: Bool
    /// Monotonic nanoseconds.
    var arrival: Int64
  }

  /// A whole access unit.
  struct Unit: Sendable, Equatable {
    var timestamp: Int64
    var bytes: [UInt8]
    /// When its last piece arrived; monotonic nanoseconds.
    var arrival: Int64
    /// Whether it was given out before the next one began.
    var isEarly: Bool
  }

  /// What was learnt of one kind of picture.
  private struct Habit: Sendable {
    var slices = 0
    var seen = 0
  }

  /// How often a unit was given out too early.
  private(set) var faults = 0

  /// No unit is larger, in bytes: what does not fit is left out.
  static let most = 32 << 20

  /// Pieces within so many bytes of the largest may be full.
  private static let slack = 16

  private var current: Piece?
  private var largest = 0
  private var lastEarly: Int64?
  /// Whether the last unit that was given out early was found to be too early.
  private var isForgotten = false
  /// Of pictures in general, and of key pictures where they differ.
  private var habit = Habit()
  private var keyHabit = Habit()

  /// Takes the next piece.
  ///
  /// - Returns: the units that are whole now, oldest first: none, one or two.
  mutating func take(_ piece: Piece) -> [Unit] {
    var units: [Unit] = []
    if piece.timestamp == lastEarly {
      // A part of what was given out already. Without a slice's bytes nothing is lost; else the guess was wrong.
      if piece.slices > 0 || !piece.startsUnit { forget() }
      return []
    }
    if let whole = current, whole.timestamp != piece.timestamp {
      units.append(close(whole, early: false))
    }
    // The first piece of a unit has a start code and a header that the others have not.
    let size = piece.bytes.count - (piece.startsUnit ? 5 : 0)
    let isEnd = size < largest - Self.slack
    largest = max(largest, size)
    var joined = piece
    // Taken out first: bytes that two hold would be copied with each piece.
    if let begun = current.take() {
      joined = begun
      if begun.bytes.count + piece.bytes.count <= Self.most { joined.bytes += piece.bytes }
      joined.slices += piece.slices
      joined.isKey = joined.isKey || piece.isKey
      joined.arrival = piece.arrival
    }
    current = joined
    if isEnd, joined.slices > 0, joined.slices == expected(joined.isKey) {
      units.append(close(joined, early: true))
    }
    return units
  }

  /// What is left when no more comes.
  mutating func finish() -> Unit? { current.map { close($0, early: false) } }

  private mutating func close(_ piece: Piece, early: Bool) -> Unit {
    if !early { learn(piece) }
    current = nil
    if early {
      lastEarly = piece.timestamp
      isForgotten = false
    }
    return Unit(
      timestamp: piece.timestamp, bytes: piece.bytes, arrival: piece.arrival, isEarly: early)
  }

  /// A guess was wrong: what was learnt is worth nothing.
  private mutating func forget() {
    guard !isForgotten else { return }
    isForgotten = true
    faults += 1
    habit = Habit()
    keyHabit = Habit()
  }

  private func expected(_ isKey: Bool) -> Int? {
    let habit = isKey && keyHabit.seen > 0 ? keyHabit : habit
    // Each wrong guess makes the next one take longer.
    return habit.seen > min(1000, 8 * faults * faults) ? habit.slices : nil
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
