// SPDX-License-Identifier: Apache-2.0

import CMAF
import Time

extension Rule {
  private static let cmaf = "ISO/IEC 23000-19 "

  static let headerBoxes = Rule(
    "header-boxes", .must, "RFC 8216bis §3.1.2",
    "A header is ftyp, then moov with mvex and without samples.")
  static let wholeBoxes = Rule(
    "whole-boxes", .must, "ISO/IEC 14496-12 §4.2", "A part or a segment consists of whole boxes.")
  static let decodeTime = Rule(
    "decode-time", .must, cmaf + "§7.5.16", "Each fragment has a tfdt.")
  static let decodeTimeContinuous = Rule(
    "decode-time-continuous", .must, "RFC 8216bis §3",
    "A segment continues the timestamps of the one before, unless EXT-X-DISCONTINUITY precedes it.")
  static let partsAreSegment = Rule(
    "parts-are-the-segment", .must, "RFC 8216bis §3.2",
    "A segment has the media of its parts, in their order.")
  static let mediaDuration = Rule(
    "media-duration", .should, "RFC 8216bis §4.4.4.1",
    "The samples of a part or a segment last as long as the playlist states.")
  static let keyFrameFirst = Rule(
    "key-frame-first", .must, "RFC 8216bis §4.3.2.1",
    "With EXT-X-INDEPENDENT-SEGMENTS, a segment begins with a key frame.")
  static let independentPart = Rule(
    "independent-part", .must, "RFC 8216bis §4.4.4.9",
    "A part with INDEPENDENT=YES has a key frame.")
  static let referenceTime = Rule(
    "reference-time-plausible", .should, "ISO/IEC 14496-12 §8.16.5",
    "prft is at most one minute old when its chunk arrives live, and not in the future.")
  static let referenceTimeDate = Rule(
    "date-agrees-with-prft", .should, "RFC 8216bis §4.4.4.6",
    "EXT-X-PROGRAM-DATE-TIME and the prft of the same part agree within five seconds: the median.")

  static let fragmentRules = [
    headerBoxes, wholeBoxes, decodeTime, decodeTimeContinuous, partsAreSegment, mediaDuration,
    keyFrameFirst, independentPart, referenceTime, referenceTimeDate,
  ]
}

/// The content of the fragments of a part or a segment.
struct FragmentSummary: Sendable, Equatable {
  /// Decode times in ticks: of the first sample, and after the last one; nil with several tracks.
  var start, end: Int64?
  /// The number of `moof` boxes.
  var fragments = 0
  /// Whether the first sample can be decoded by itself.
  var beginsWithKeyFrame = false
  /// Whether a sample can be decoded by itself.
  var hasKeyFrame = false
  /// The bytes of all `moof` and `mdat` boxes.
  var media: [UInt8] = []
  /// The newest `prft`, in seconds since 1970.
  var referenceTime: Double?

  /// Seconds; nil without samples.
  func duration(_ timescale: Int) -> Double? {
    guard let start, let end, timescale > 0, end > start else { return nil }
    return (Double(end) - Double(start)) / Double(timescale)
  }

  /// Reads the boxes of a body.
  ///
  /// - Parameters:
  ///   - bytes: the body.
  ///   - header: the header of the track; nil if it is not known.
  /// - Throws: ``BoxError`` for the first fault.
  init(_ bytes: [UInt8], _ header: MovieHeader?) throws(BoxError) {
    var isSingle = true
    var boxes = BoxReader(bytes)
    while let box = try boxes.next() {
      switch box.type {
      case "moof":
        let fragment = try MovieFragment(
          box, trackID: header?.trackID, defaults: header?.extends.first?.samples ?? .init(),
          position: 0, time: nil, maximumSamples: 10_000)
        if fragments == 0 {
          start = fragment.samples.first?.decodeTime
          beginsWithKeyFrame = fragment.samples.first?.isSync ?? false
        }
        hasKeyFrame = hasKeyFrame || fragment.samples.contains { $0.isSync }
        end = fragment.end
        fragments += 1  // bounded: one per box
        isSingle = isSingle && fragment.tracks <= 1
        media += box.rest
      case "mdat": media += box.rest
      case "prft":
        referenceTime = Double(try ProducerReferenceTime(box).time.milliseconds) / 1000
      default: break
      }
    }
    if !isSingle { (start, end) = (nil, nil) }
  }
}

extension Findings {
  /// Checks a header.
  ///
  /// - Returns: the track; nil if it cannot be read, and for several tracks.
  mutating func checkHeader(_ bytes: [UInt8], _ place: Place) -> MovieHeader? {
    do throws(BoxError) {
      var boxes = BoxReader(bytes)
      let first = try boxes.next()?.type
      var tracks = 0
      var isExtended = false
      while let box = try boxes.next() {
        guard box.type == "moov" else { continue }
        var parts = box.boxes
        while let part = try parts.next() {
          // bounded: one per box
          if part.type == "trak" { tracks += 1 }
          if part.type == "mvex" { isExtended = true }
        }
      }
      check(
        .headerBoxes, first == "ftyp" && isExtended && tracks > 0, place,
        seen: "\(first ?? "nothing") first, \(tracks) trak, \(isExtended ? "" : "no ")mvex")
      return tracks == 1 ? try MovieHeader(header: bytes) : nil
    } catch {
      check(.headerBoxes, false, place, seen: "\(error)")
      return nil
    }
  }

  /// Checks the boxes of a part or a segment of fragmented MP4.
  ///
  /// - Returns: their content; nil if they cannot be read.
  mutating func checkFragments(
    _ bytes: [UInt8], _ header: MovieHeader?, _ place: Place
  ) -> FragmentSummary? {
    do throws(BoxError) {
      let found = try FragmentSummary(bytes, header)
      check(.wholeBoxes, true, place, seen: "")
      check(.decodeTime, true, place, seen: "")
      return found
    } catch {
      if case .missing("tfdt") = error {
        check(.decodeTime, false, place, seen: "a fragment without tfdt")
      } else {
        check(.wholeBoxes, false, place, seen: "\(error)")
      }
      return nil
    }
  }

  /// Checks the time of a `prft` in media that arrive live.
  mutating func checkReferenceTime(_ found: FragmentSummary, _ now: Double, _ place: Place) {
    guard let time = found.referenceTime else { return }
    let age = now - time
    check(
      .referenceTime, age >= -0.5 && age <= 60, place, seen: "prft \(Self.rounded(age)) s old",
      expected: "0 to 60 s")
  }

  /// Checks the times of `prft` against the dates of their parts, as differences in seconds.
  ///
  /// Both state the time of a sample. No specification names a tolerance: five seconds permit a
  /// `prft` of the output of an encoder beside a date of its input. The median decides: media that
  /// arrive late after an outage have their planned date.
  mutating func checkReferenceTimes(_ differences: [Double], partTarget: Double, _ place: Place) {
    guard differences.count >= 4 else { return }
    // bounded: half of the number of times
    let median = differences.sorted()[differences.count / 2]
    check(
      .referenceTimeDate, median >= -5 && median <= 5 + partTarget, place,
      seen: "prft \(Self.rounded(median)) s after the date", expected: "at most 5 s")
  }

  /// Checks the duration of media against that of the playlist, in seconds.
  mutating func checkDuration(
    _ found: FragmentSummary, _ timescale: Int, listed: Double, _ place: Place
  ) {
    guard let duration = found.duration(timescale) else { return }
    // One frame of 24 Hz, or two of AAC.
    check(
      .mediaDuration, abs(duration - listed) <= 0.045, place,
      seen: "samples of \(Self.rounded(duration)) s", expected: "\(listed) s")
  }

  /// A number with three digits after the point.
  static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
