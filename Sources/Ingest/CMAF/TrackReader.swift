// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
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
    /// The cues of a sample of WebVTT; none in an empty one. Its header is no unit.
    case texts([TrackText])
    /// An event; nil if it is malformed and left out.
    case event(TrackEvent?)
  }

  /// The largest `moov` or `moof`.
  private static let maximumBoxLength = 1 << 20
  /// The maximum number of samples of a fragment.
  private static let maximumSamples = 16_384

  /// The header, and what follows from it.
  private struct Header {
    let trackID: Int
    /// The ticks that the edit list removes from presentation times.
    let start: Int64
    let defaults: SampleDefaults
    /// The description of video or audio; nil for WebVTT.
    let configuration: TrackConfiguration?
    let timescale: UInt32
    let language: Language

    init(_ movie: MovieHeader) throws(TrackError) {
      guard movie.timescale > 0 else { throw .boxes(.time) }
      configuration = movie.entry.type == "wvtt" ? nil : try TrackConfiguration(movie)
      timescale = UInt32(clamping: movie.timescale)
      language = Language(packed: movie.declaredLanguage)
      trackID = movie.trackID
      start = movie.edit ?? 0
      let extends = movie.extends.first { $0.trackID == movie.trackID }
      defaults = extends?.samples ?? SampleDefaults(duration: 0, size: 0, flags: 0)
    }
  }

  private var boxes = BoxStream()
  private var header: Header?
  /// The samples of the fragment whose `mdat` follows, where it began, and its next sample.
  private var fragment: (samples: [MovieFragment.Sample], start: Int, next: Int)?
  private var time: Int64 = 0
  /// The declared capture time of a media time, for the next fragment.
  private var reference: ProducerReferenceTime?
  private var events = TrackEvents()

  /// Whether the track has stated its end by an empty random access box.
  /// - Source: DASH-IF Live Media Ingest Protocol, Interface 1
  package private(set) var hasEnded = false

  /// A reader before the first byte.
  package init() {}

  /// Whether the bytes end with a whole box, and nothing that a box announces is missing.
  package var isBetweenBoxes: Bool { boxes.isBetweenBoxes && fragment == nil }

  /// Continues with another body of the same track: positions in it are counted from its start.
  package mutating func beginBody() { boxes.restart() }

  /// Appends bytes.
  package mutating func append(_ piece: [UInt8]) { boxes.append(piece) }

  /// The next unit; nil if it needs more bytes.
  ///
  /// - Throws: if the bytes are no CMAF track. Discard the reader after an error.
  package mutating func next() throws(TrackError) -> Unit? {
    while true {
      if let event = events.next() { return .event(event) }
      guard let box = try valid(try boxes.box()) else { return nil }
      switch box.type {
      case "emsg" where box.size <= TrackEvents.largest:
        guard let content = try valid(try boxes.whole(limit: TrackEvents.largest)) else {
          return nil
        }
        events.take(content)
      case "moov", "moof", "prft":
        guard let content = try valid(try boxes.whole(limit: Self.maximumBoxLength)) else {
          return nil
        }
        if let configuration = try take(box, content) { return .configuration(configuration) }
      case "mdat":
        guard let fragment else { throw .misplaced(box.type) }
        if fragment.next < fragment.samples.count {
          return try sample(fragment.samples[fragment.next], from: fragment.start)
        }
        guard boxes.skip() else { return nil }
        self.fragment = nil
        reference = nil
      default:
        if box.type == "mfra" { hasEnded = true }
        guard boxes.skip() else { return nil }
        if box.type == "emsg" { events.refuse() }
      }
    }
  }

  private mutating func take(
    _ box: BoxStream.Box, _ content: BoxFields
  ) throws(TrackError) -> TrackConfiguration? {
    // The work is in proportion to the bytes, since every stated sample must follow.
    let isOwed = fragment.map { !$0.samples.isEmpty } ?? false
    guard box.type == "prft" || !isOwed else { throw .misplaced(box.type) }
    switch box.type {
    case "moov":
      let found = try Header(try valid(try MovieHeader(content)))
      guard header.map({ $0.configuration?.codec == found.configuration?.codec }) ?? true else {
        throw .codecChange
      }
      header = found
      fragment = nil
      return found.configuration
    case "moof":
      guard let header else { throw .misplaced(box.type) }
      let found = try valid(
        try MovieFragment(
          content, trackID: header.trackID, defaults: header.defaults, position: box.position,
          time: time, maximumSamples: Self.maximumSamples))
      for sample in found.samples where !(1...TrackSample.largest).contains(sample.size) {
        throw .sampleSize(sample.size)
      }
      time = found.end ?? time
      if let first = found.samples.map({ $0.decodeTime.addingSaturated($0.shift) }).min() {
        let start = first.subtractingSaturated(header.start)
        events.begin(at: Interval(ticks: start, timescale: Int64(header.timescale)))
      }
      fragment = (found.samples, box.position, 0)
    default:
      let found = try valid(try ProducerReferenceTime(content))
      if found.isCapture { reference = found }
    }
    return nil
  }

  /// The present sample, of a fragment that began at a position; nil if bytes of it are missing.
  private mutating func sample(
    _ sample: MovieFragment.Sample, from start: Int
  ) throws(TrackError) -> Unit? {
    guard let header else { throw .misplaced("mdat") }
    let (first, isBeyond) = start.addingReportingOverflow(sample.offset)
    guard !isBeyond else { throw .boxes(.sampleRange) }
    guard let bytes = try valid(try boxes.content(at: first, count: sample.size)) else {
      return nil
    }
    fragment?.next += 1
    let (shifted, isEarly) = sample.decodeTime.addingReportingOverflow(sample.shift)
    let (pts, isLate) = shifted.subtractingReportingOverflow(header.start)
    guard !isEarly, !isLate else { throw .boxes(.time) }
    guard let configuration = header.configuration else {
      return .texts(
        try valid(try TrackText.texts(in: bytes)).map { text in
          TrackText(
            text, header.language, pts: pts, duration: sample.duration, timescale: header.timescale)
        })
    }
    return .sample(
      TrackSample(
        isVideo: configuration.codec.isVideo, isKey: sample.isSync, timescale: header.timescale,
        dts: sample.decodeTime.subtractingSaturated(header.start), pts: pts,
        captured: captured(shifted, header.timescale), bytes: bytes))
  }

  /// The capture time of a presentation time before edits, by the last `prft`.
  private func captured(_ time: Int64, _ timescale: UInt32) -> Int64? {
    guard let reference else { return nil }
    let (distance, isBeyond) = time.subtractingReportingOverflow(reference.mediaTime)
    guard !isBeyond else { return nil }
    let interval = Interval(ticks: distance, timescale: Int64(timescale))
    let (sum, isLate) =
      reference.time.nanoseconds.addingReportingOverflow(interval.nanoseconds)
    return isLate || sum == .min ? nil : sum
  }
}

/// A value that is read from boxes; malformed ones are errors of a track.
private func valid<Value>(
  _ value: @autoclosure () throws(BoxError) -> Value
) throws(TrackError) -> Value {
  do throws(BoxError) { return try value() } catch { throw .boxes(error) }
}
