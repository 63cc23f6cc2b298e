// SPDX-License-Identifier: Apache-2.0

package import CMAF
import Time

/// The frames of a segment, read from its fragments one after another.
package struct SegmentFrames: Sendable {
  /// The most samples of a fragment.
  private static let maximumSamples = 4096

  /// The defaults of the CMAF header.
  private let defaults: SampleDefaults
  /// The frames so far.
  package private(set) var frames: [SegmentIndex.Frame] = []
  /// The KID that the first fragment states; nil if its frames have that of the header.
  package private(set) var keyIdentifier: [UInt8]?
  /// The decode time of the first frame; nil before it.
  package private(set) var decodeTime: Int64?
  /// The decode time after the last frame.
  private var end: Int64 = 0

  /// No frames yet.
  package init(_ defaults: SampleDefaults) { self.defaults = defaults }

  /// The duration of the frames, in ticks.
  package var duration: Int64 { decodeTime.map { end.subtractingSaturated($0) } ?? 0 }

  /// Adds the frames of a `moof`.
  ///
  /// - Parameters:
  ///   - fragment: the box.
  ///   - position: the position of the box in the segment.
  ///   - media: the positions of the content of its `mdat` in the segment.
  /// - Throws: ``BoxError`` if the frames are not within `media`.
  package mutating func add(
    _ fragment: BoxFields, at position: Int, media: Range<Int>
  ) throws(BoxError) {
    let movie = try MovieFragment(
      fragment, defaults: defaults, position: position, maximumSamples: Self.maximumSamples)
    guard let first = movie.samples.first, let last = movie.end else { throw .missing("sample") }
    var added: [SegmentIndex.Frame] = []
    for (index, sample) in movie.samples.enumerated() {
      let (offset, isBeyond) = position.addingReportingOverflow(sample.offset)
      guard !isBeyond, (media.lowerBound...media.upperBound).contains(offset),
        sample.size <= media.upperBound - offset
      else { throw .sampleRange }
      let next = index + 1 < movie.samples.count ? movie.samples[index + 1].decodeTime : last
      added.append(
        SegmentIndex.Frame(
          offset: offset, size: sample.size, duration: next.subtractingSaturated(sample.decodeTime),
          shift: sample.shift, isSync: sample.isSync))
    }
    if frames.isEmpty { keyIdentifier = movie.keyIdentifier }
    frames += added
    if decodeTime == nil { decodeTime = first.decodeTime }
    end = last
  }
}
