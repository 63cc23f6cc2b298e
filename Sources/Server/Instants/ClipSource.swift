// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import HTTP
import Logging
import Media
import Net
import Packaging
import Sharing
import System
import Time

/// The segments of a clip, from the archive and after it from the windows.
///
/// Each call may block for as long as the disk does.
struct ClipSource {
  /// A segment of a track.
  struct Item {
    enum Place {
      case archived(ArchivedSegment)
      case kept(Segment, IndexedSegment)
    }

    /// The track, from 0.
    let track: Int
    let number: Int64
    let place: Place
    /// The wall clock of its first frame.
    let start: WallTime
    /// The decode time of the first frame, and after the last one.
    let decodeTime, end: Int64
    let timescale: Int
    let headerHash: String

    /// The tick of an instant.
    func tick(_ time: WallTime) -> Int64 {
      let media = Interval(ticks: decodeTime, timescale: Int64(max(1, timescale)))
      let elapsed = Int128((time - start).nanoseconds) + Int128(media.nanoseconds)
      return Int64(clamping: floorDivide(elapsed * Int128(timescale), 1_000_000_000))
    }
  }

  /// The rows of a segment, its digest and its bytes.
  struct Indexed {
    let index: SegmentIndex
    let digest: SegmentDigest?
    let pieces: [FileBytes.Piece]
  }

  private let reader: ArchiveReader
  private var indices: [Int: SegmentIndices] = [:]
  private var names: [String: Int] = [:]
  /// The files of the pieces.
  private(set) var files: [any ReadableBytes] = []
  /// Whether bytes of the object store are among them.
  private(set) var isStored = false

  init(_ reader: ArchiveReader) { self.reader = reader }

  /// The segments of a rendition with media of a span.
  func segments(
    of rendition: ServedRendition, _ track: Int, during span: Range<WallTime>
  ) throws(ArchiveFailure) -> [Item] {
    // The window is read first: it has the segments that are archived meanwhile.
    let snapshot = rendition.window.snapshot
    let archived = try reader.segments(during: span, of: rendition.name)
    let timescale = Int(rendition.window.segmentation.timescale)
    var items = archived.map { segment in
      Item(
        track: track, number: segment.number, place: .archived(segment), start: segment.row.start,
        decodeTime: segment.row.decodeTime,
        end: segment.row.decodeTime.addingSaturated(segment.row.duration),
        timescale: segment.timescale, headerHash: segment.headerHash)
    }
    let last = archived.last?.number ?? .min
    for segment in snapshot.segments
    where segment.number > last && !segment.isGap && !segment.isPrefill
      && segment.programDateTime < span.upperBound
    {
      guard let header = snapshot.track(of: segment.period),
        let indexed = try? rendition.indices.index(of: segment)
      else { continue }
      let start = indexed.index.decodeTime
      let item = Item(
        track: track, number: segment.number, place: .kept(segment, indexed),
        start: segment.programDateTime, decodeTime: start,
        end: start.addingSaturated(indexed.index.duration), timescale: timescale,
        headerHash: header.headerHash)
      let duration = Interval(ticks: indexed.index.duration, timescale: Int64(max(1, timescale)))
      if item.start + duration > span.lowerBound { items.append(item) }
    }
    return items
  }

  /// The ticks of the slot of a frame that contain an instant: those from its presentation on, or
  /// later ones of the same length if frames after it are lost.
  mutating func slot(_ time: WallTime, in item: Item) throws(ArchiveFailure) -> Range<Int64> {
    let index: SegmentIndex
    switch item.place {
    case .kept(_, let indexed): index = indexed.index
    case .archived(let segment):
      // Another one reads the rows of the clip in their order.
      var indices = SegmentIndices()
      index = try indices.index(of: segment).index
    }
    return index.slot(of: item.tick(time))
  }

  /// The rows of a segment; called in the order of the numbers of each track.
  mutating func index(of item: Item) throws(ArchiveFailure) -> Indexed {
    switch item.place {
    case .kept(let segment, let indexed):
      return Indexed(
        index: indexed.index, digest: indexed.digest,
        pieces: segment.chunks.map { .memory(ByteSlice($0.bytes)) })
    case .archived(let segment):
      let found = try indices[item.track, default: SegmentIndices()].index(of: segment)
      if let bytes = reader.stored(segment) {
        isStored = true
        files.append(bytes)
        return Indexed(
          index: found.index, digest: found.digest,
          pieces: [.file(files.count - 1, 0..<segment.row.size)])
      }
      let path = segment.folder.file(segment.name)
      let file: Int
      if let known = names[path] {
        file = known
      } else {
        file = files.count
        files.append(try reader.file(of: segment))
        names[path] = file
      }
      return Indexed(
        index: found.index, digest: found.digest, pieces: [.file(file, segment.row.range)])
    }
  }

  /// The CMAF header with this hash.
  func header(_ hash: String, of rendition: ServedRendition) -> [UInt8]? {
    let kept = rendition.window.snapshot.tracks.first { $0.headerHash == hash }
    if let kept { return kept.header.array }
    return (try? reader.header(hash, of: rendition.name))?.array
  }

  /// The response for a span within which the parameters of the media change.
  static func changed(_ time: WallTime) -> PreparedResponse {
    .error(
      409,
      "the parameters of the media change at \(UTCTime.microseconds(time)) "
        + "(expected a span before or after it)")
  }
}

extension SegmentIndex {
  /// The slot with `tick`: as long as the shortest frame, from the presentation of a frame on.
  func slot(of tick: Int64) -> Range<Int64> {
    var (latest, earliest): (Int64?, Int64?) = (nil, nil)
    var step = Int64.max
    var time = decodeTime
    for frame in frames {
      let presentation = time.addingSaturated(frame.shift)
      if presentation <= tick { latest = max(latest ?? presentation, presentation) }
      earliest = min(earliest ?? presentation, presentation)
      if frame.duration > 0 { step = min(step, frame.duration) }
      time = time.addingSaturated(frame.duration)
    }
    guard step < .max, let begin = latest ?? earliest else { return tick..<tick.addingSaturated(1) }
    // bounded: `begin` is not after the tick, or the quotient is 0
    let start = latest == nil ? begin : begin + (tick - begin) / step * step
    return start..<start.addingSaturated(step)
  }
}
