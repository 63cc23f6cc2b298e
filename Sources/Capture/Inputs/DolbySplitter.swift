// SPDX-License-Identifier: Apache-2.0

internal import Media
import Time

/// Cuts the payloads of a container to access units of AC-3 or E-AC-3: a pure state machine.
///
/// A unit has six audio blocks of the first program, with its dependent substreams. Other programs
/// are left out.
struct DolbySplitter: Sendable {
  /// An access unit and the time of its first sample.
  struct Unit: Sendable, Equatable {
    var bytes: [UInt8]
    var pts: SourceTime
    fileprivate var blocks = 0
  }

  /// The configuration of the newest unit; nil before the first, or if it cannot be that of a
  /// track.
  ///
  /// Changes of the bitrate alone are ignored.
  private(set) var configuration: DolbyConfiguration?
  /// The first frame of the newest unit; nil before the first.
  private(set) var first: DolbyFrame?

  /// The first bytes of a frame whose end has not arrived.
  private var rest: [UInt8] = []
  /// A unit whose frames have not all arrived, and their headers.
  private var open: Unit?
  private var headers: [DolbyFrame] = []
  /// Whether the newest frame is of the first program.
  private var isOfFirst = false

  /// Takes a payload whose first frame that begins in it has the time `pts`.
  ///
  /// - Returns: the units that are complete: dependent frames end with their payload.
  mutating func take(_ bytes: [UInt8], pts: SourceTime) -> [Unit] {
    let whole = rest + bytes
    let carried = rest.count
    var frames: [(range: Range<Int>, header: DolbyFrame)] = []
    var offset = 0
    while offset + DolbyFrame.headerSize <= whole.count {
      // bounded: within the bytes
      guard let header = DolbyFrame(whole[offset...]) else {
        offset += 1
        continue
      }
      guard header.size <= whole.count - offset else { break }
      frames.append((offset..<offset + header.size, header))
      offset += header.size
    }
    // bounded: at most a frame of 4096 bytes
    rest = Array(whole[offset...])
    // A frame that began before this payload is earlier than its timestamp.
    let earlier = frames.filter { $0.range.lowerBound < carried && isIndependent($0.header) }
    var samples = -earlier.reduce(Int64(0)) { $0 + $1.header.samples }
    var units: [Unit] = []
    for (range, header) in frames {
      let time = pts + Interval(ticks: samples, timescale: Int64(header.sampleRate))
      // bounded: frames are within the bytes
      if let unit = add(Array(whole[range]), header, at: time) { units.append(unit) }
      if isIndependent(header) { samples += header.samples }
    }
    if let unit = complete() { units.append(unit) }
    return units
  }

  private func isIndependent(_ header: DolbyFrame) -> Bool {
    !header.isDependent && header.substream == 0
  }

  /// Adds a frame.
  ///
  /// - Returns: the unit before it, if that is complete.
  private mutating func add(
    _ bytes: [UInt8], _ header: DolbyFrame, at time: SourceTime
  ) -> Unit? {
    guard isIndependent(header) else {
      isOfFirst = isOfFirst && header.isDependent
      guard isOfFirst, open != nil else { return nil }
      open?.bytes += bytes
      headers.append(header)
      return nil
    }
    isOfFirst = true
    let ended = complete()
    if open == nil {
      open = Unit(bytes: [], pts: time)
      headers = []
    }
    open?.bytes += bytes
    open?.blocks += header.blocks
    headers.append(header)
    return ended
  }

  /// Ends the open unit if it has all blocks.
  private mutating func complete() -> Unit? {
    guard let unit = open, unit.blocks >= 6 else { return nil }
    open = nil
    first = headers.first
    let found = DolbyConfiguration(headers)
    let isKnown = found.map { found in configuration.map(found.isAlike) ?? false } ?? false
    if !isKnown { configuration = found }
    return unit
  }
}
