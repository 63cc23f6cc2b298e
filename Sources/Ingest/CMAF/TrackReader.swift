// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
import Time

/// Reads one CMAF track, a header and fragments without end, from bytes in pieces of any size.
///
/// Each sample is returned when its last byte has arrived. Stated sizes reserve no memory: at most
/// the largest box or sample is kept.
package struct TrackReader: Sendable {
  /// What the track consists of.
  package enum Unit: Sendable, Equatable {
    /// The header, again if the track has another one.
    case configuration(TrackConfiguration)
    case sample(TrackSample)
  }

  /// The largest `moov` or `moof`.
  private static let largestBox = 1 << 20

  private enum State: Sendable, Equatable {
    /// A box begins.
    case box
    /// Bytes of a box without meaning are left.
    case skipping(Int)
    /// Within a `mdat` that ends at this position of the track.
    case media(end: Int)
  }

  private var bytes: [UInt8] = []
  /// The next byte of `bytes`, and its position in the track.
  private var offset = 0
  private var position = 0
  private var state = State.box
  private var header: TrackHeaderBox?
  /// The fragment whose `mdat` follows, where it began, and its next sample.
  private var fragment: (fragment: TrackFragment, start: Int, next: Int)?
  private var time: Int64 = 0
  /// The declared capture time of a media time, for the next fragment.
  private var reference: (captured: Int64, media: Int64)?

  /// Whether the track has stated its end by an empty random access box.
  /// - Source: DASH-IF Live Media Ingest Protocol, Interface 1
  package private(set) var hasEnded = false

  /// A reader before the first byte.
  package init() {}

  /// Whether the bytes end with a whole box, and nothing that a box announces is missing.
  package var isBetweenBoxes: Bool {
    state == .box && offset == bytes.count && fragment == nil
  }

  /// Continues with another body of the same track: positions in it are counted from its start.
  package mutating func beginBody() { position = 0 }

  /// Appends bytes.
  package mutating func append(_ piece: [UInt8]) {
    if offset > 0 {
      bytes.removeFirst(offset)
      offset = 0
    }
    bytes += piece
  }

  /// The next unit; nil if it needs more bytes.
  ///
  /// - Throws: if the bytes are no CMAF track. Discard the reader after an error.
  package mutating func next() throws(TrackError) -> Unit? {
    while true {
      switch state {
      case .skipping(let count):
        let taken = min(count, bytes.count - offset)
        advance(taken)
        guard taken == count else {
          state = .skipping(count - taken)
          return nil
        }
        state = .box
      case .media(let end):
        if let sample = try sample(end) { return .sample(sample) }
        // Either bytes are missing, or no sample is left.
        guard state != .media(end: end) else { return nil }
      case .box:
        switch try box() {
        case .incomplete: return nil
        case .read(nil): continue
        case .read(let configuration?): return .configuration(configuration)
        }
      }
    }
  }

  private mutating func advance(_ count: Int) {
    offset += count
    // bounded: 2^63 bytes never arrive
    position += count
  }

  // MARK: Boxes

  private enum Reading {
    /// Bytes are missing.
    case incomplete
    /// A box was read, which was perhaps a header.
    case read(TrackConfiguration?)
  }

  /// Reads a box, or the head of one that is not kept.
  private mutating func box() throws(TrackError) -> Reading {
    guard let small = bytes.span.bigEndian(at: offset, count: 4), bytes.count - offset >= 8 else {
      return .incomplete
    }
    let type = bytes.fourCharacters(at: offset + 4)
    var (head, size) = (8, small)
    if small == 1 {
      guard let high = bytes.span.bigEndian(at: offset + 8, count: 4),
        let low = bytes.span.bigEndian(at: offset + 12, count: 4)
      else { return .incomplete }
      guard high < 1 << 16 else { throw .size(type) }
      (head, size) = (16, high << 32 | low)
    }
    guard size >= head else { throw .size(type) }
    switch type {
    case "moov", "moof", "prft":
      guard size <= Self.largestBox else { throw .size(type) }
      guard bytes.count - offset >= size else { return .incomplete }
      defer { advance(size) }
      return .read(try take(type, offset + head..<offset + size, size))
    case "mdat":
      guard fragment != nil else { throw .misplaced(type) }
      advance(head)
      state = .media(end: position + size - head)
    default:
      if type == "mfra" { hasEnded = true }
      advance(head)
      state = .skipping(size - head)
    }
    return .read(nil)
  }

  private mutating func take(
    _ type: String, _ content: Range<Int>, _ size: Int
  ) throws(TrackError) -> TrackConfiguration? {
    // The work is in proportion to the bytes, since every stated sample must follow.
    let isOwed = fragment.map { !$0.fragment.entries.isEmpty } ?? false
    guard type == "prft" || !isOwed else { throw .misplaced(type) }
    switch type {
    case "moov":
      let found = try TrackHeaderBox(bytes, content)
      guard header.map({ $0.configuration.codec == found.configuration.codec }) ?? true else {
        throw .codecChange
      }
      header = found
      fragment = nil
      return found.configuration
    case "moof":
      guard let header else { throw .misplaced(type) }
      let found = try TrackFragment(
        bytes, content, header, size: size, position: position, time: time)
      time = found.end
      fragment = (found, position, 0)
    default: try takeReference(BoxFields(bytes, content, type))
    }
    return nil
  }

  /// Keeps the time of a `prft` that is a capture time.
  ///
  /// Flags 1, 2 and 4 are times after the encoder.
  /// - Source: ISO/IEC 14496-12 §8.16.5
  private mutating func takeReference(_ box: BoxFields) throws(TrackError) {
    var fields = box
    let (version, flags) = try fields.versionAndFlags()
    try fields.skip(4)
    let stamp = UInt64(bitPattern: try fields.wide())
    let media = version == 0 ? Int64(try fields.integer(4)) : try fields.wide()
    guard flags & 7 == 0 else { return }
    reference = (NTPTime.time(of: stamp).nanoseconds, media)
  }

  // MARK: Samples

  /// The next sample of a `mdat` that ends at a position; at its end the state changes.
  private mutating func sample(_ end: Int) throws(TrackError) -> TrackSample? {
    guard let header, let current = fragment else { throw .misplaced("mdat") }
    guard current.next < current.fragment.entries.count else {
      fragment = nil
      reference = nil
      state = .skipping(end - position)
      return nil
    }
    let entry = current.fragment.entries[current.next]
    let (first, isBeyond) = current.start.addingReportingOverflow(entry.offset)
    guard !isBeyond, first >= position, first <= end, entry.size <= end - first else {
      throw .sampleRange
    }
    let gap = min(first - position, bytes.count - offset)
    advance(gap)
    guard first == position, bytes.count - offset >= entry.size else { return nil }
    // bounded: as many bytes are there
    let content = Array(bytes[offset..<offset + entry.size])
    advance(entry.size)
    fragment?.next += 1
    let (shifted, isEarly) = entry.dts.addingReportingOverflow(entry.shift)
    let (pts, isLate) = shifted.subtractingReportingOverflow(header.start)
    guard !isEarly, !isLate else { throw .time }
    let configuration = header.configuration
    return TrackSample(
      isVideo: configuration.codec.isVideo, isKey: entry.isKey,
      timescale: configuration.timescale, dts: entry.dts.subtractingSaturated(header.start),
      pts: pts, captured: captured(shifted, configuration.timescale), bytes: content)
  }

  /// The capture time of a presentation time before edits, by the last `prft`.
  private func captured(_ time: Int64, _ timescale: UInt32) -> Int64? {
    guard let reference else { return nil }
    let (distance, isBeyond) = time.subtractingReportingOverflow(reference.media)
    guard !isBeyond else { return nil }
    let interval = Interval(ticks: distance, timescale: Int64(timescale))
    let (sum, isLate) = reference.captured.addingReportingOverflow(interval.nanoseconds)
    return isLate || sum == .min ? nil : sum
  }
}
