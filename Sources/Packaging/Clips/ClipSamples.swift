// SPDX-License-Identifier: Apache-2.0

import CMAF
import Time

/// The frames of one track of a clip: eight bytes each, and runs of equal durations.
///
/// Frames are in the order of decoding. Times are in ticks of the track's timescale since 1970.
struct ClipSamples {
  /// The number of bytes of each frame.
  private(set) var sizes: [UInt32] = []
  /// The first byte of each frame in its segment.
  private(set) var offsets: [UInt32] = []
  /// The first frame of each segment, and the position of the segment among those of the clip.
  private(set) var segments: [(first: Int, position: Int)] = []
  private(set) var durations = RunLengths()
  /// Presentation minus decode times.
  private(set) var shifts = RunLengths()
  /// The frames at which decoding can start.
  private(set) var syncs: [UInt32] = []
  /// The decode time of the first frame.
  private(set) var start: Int64 = 0
  /// The decode time after the last frame.
  private(set) var end: Int64 = 0

  var count: Int { sizes.count }
  /// Whether presentation times are decode times.
  var isInOrder: Bool { shifts.runs.allSatisfy { $0.value == 0 } }

  /// Adds a frame of the segment at `position`.
  ///
  /// A frame before a gap lasts until the frame after it.
  ///
  /// - Throws: ``ClipError/times`` if its decode time is before the end of the last frame,
  ///   ``ClipError/tooLarge`` if a number has more than 32 bits.
  mutating func append(
    _ frame: SegmentIndex.Frame, at time: Int64, in position: Int
  ) throws(ClipError) {
    guard let size = UInt32(exactly: frame.size), let offset = UInt32(exactly: frame.offset),
      UInt32(exactly: frame.duration) != nil
    else { throw .tooLarge }
    if count == 0 {
      start = time
    } else {
      guard time >= end, let last = durations.runs.last?.value else { throw .times }
      // bounded: not negative, and both are times of media
      if time > end { durations.setLast(last + (time - end)) }
    }
    if segments.last?.position != position { segments.append((count, position)) }
    if frame.isSync { syncs.append(UInt32(clamping: count)) }
    sizes.append(size)
    offsets.append(offset)
    durations.append(frame.duration)
    shifts.append(frame.shift)
    let (sum, isBeyond) = time.addingReportingOverflow(frame.duration)
    guard !isBeyond else { throw .times }
    end = sum
  }

  /// Removes all frames but the last `rest`.
  mutating func keepLast(_ rest: Int) {
    let removed = count - rest
    guard removed > 0 else { return }
    sizes.removeFirst(removed)
    offsets.removeFirst(removed)
    start = decodeTime(after: removed)
    durations.removeFirst(removed)
    shifts.removeFirst(removed)
    // bounded: indices of frames in memory
    syncs = syncs.filter { $0 >= removed }.map { UInt32(clamping: Int($0) - removed) }
    let kept = segments.lastIndex { $0.first <= removed } ?? 0
    segments = segments[kept...].map { (max(0, $0.first - removed), $0.position) }
    if count == 0 { segments = [] }
  }

  /// The decode time after the first `count` frames.
  private func decodeTime(after count: Int) -> Int64 {
    var (number, time) = (0, start)
    durations.forEach { duration in
      if number < count { time += duration }
      number += 1
    }
    return time
  }

  /// Removes the frames after the first `kept`.
  mutating func keepFirst(_ kept: Int) {
    let removed = count - kept
    guard removed > 0 else { return }
    end = decodeTime(after: kept)
    sizes.removeLast(removed)
    offsets.removeLast(removed)
    durations.removeLast(removed)
    shifts.removeLast(removed)
    syncs = syncs.filter { $0 < kept }
    segments = segments.filter { $0.first < kept }
  }

  /// Calls `body` with the number, the decode time and the presentation time of each frame.
  func forEachTime(_ body: (_ index: Int, _ decode: Int64, _ presentation: Int64) -> Void) {
    var (index, time) = (0, start)
    var shifts = shifts.runs[...]
    var left = shifts.first?.count ?? 0
    durations.forEach { duration in
      if left == 0 {
        shifts = shifts.dropFirst()
        left = shifts.first?.count ?? 0
      }
      body(index, time, time.addingSaturated(shifts.first?.value ?? 0))
      left -= 1
      index += 1
      time = time.addingSaturated(duration)
    }
  }

  /// The positions of the frames among the segments of the clip, in order.
  func forEachPosition(_ body: (Int) -> Void) {
    for (index, segment) in segments.enumerated() {
      let end = index + 1 < segments.count ? segments[index + 1].first : count
      for frame in segment.first..<end { body(segment.position + Int(offsets[frame])) }
    }
  }
}
