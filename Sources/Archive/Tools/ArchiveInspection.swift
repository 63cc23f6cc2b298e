// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
package import System
package import Time

/// An archive as its files have it, without a server.
package struct ArchiveInspection {
  /// The path of the archive.
  private let folder: String
  private let stream: String?

  /// One hour file.
  package struct File {
    package let stream, rendition: String
    let folder: HourFolder
    let name: HourName
    /// Whether it was set aside, since it has no CMAF header.
    package let isDamaged: Bool

    /// `S/R/2026-11-23/04-HASH.cmfv`.
    package var path: String {
      "\(stream)/\(rendition)/\(name.path)" + (isDamaged ? HourFolder.Suffix.damaged : "")
    }
  }

  /// The archive below `folder`; of one stream if `stream` is given.
  package init(_ folder: String, stream: String?) {
    self.folder = folder
    self.stream = stream
  }

  /// All hour files, oldest first in each rendition, then the damaged ones.
  package var files: [File] {
    DiskFolder.entries(folder, ofAnyUser: true).folders.sorted().flatMap { name -> [File] in
      guard StreamName.isValid(name), stream == nil || stream == name else { return [] }
      let renditions = DiskFolder.entries("\(folder)/\(name)", ofAnyUser: true).folders
      return renditions.sorted().flatMap { rendition in
        let hours = HourFolder("\(folder)/\(name)/\(rendition)", isInspected: true)
        let content = hours.content
        func file(_ hour: HourName, isDamaged: Bool) -> File {
          File(
            stream: name, rendition: rendition, folder: hours, name: hour, isDamaged: isDamaged)
        }
        return content.names.map { file($0, isDamaged: false) }
          + content.damaged.map { file($0, isDamaged: true) }
      }
    }
  }

  /// The files of another user than that of the archive's folder, which its program does not read.
  package var foreign: ForeignFiles {
    ForeignFiles(
      in: stream.map { "\(folder)/\($0)" } ?? folder,
      expected: DiskFolder.owner(folder) ?? DiskFolder.user)
  }

  /// A line about a file: its path, its times, its numbers and its size.
  package static func line(_ file: File) throws(SystemError) -> String {
    if file.isDamaged {
      let size = file.folder.damagedSize(file.name) ?? 0
      return "\(file.path)  damaged, not served  \(size) bytes"
    }
    let finished = file.folder.summary(file.name)
    var summary = finished
    if summary == nil { summary = try file.folder.walk(file.name).flatMap(HourIndex.Summary.init) }
    guard let summary else { return "\(file.path)  no segment" }
    return "\(file.path)  \(UTCTime(summary.start).text) \(UTCTime(summary.end).text)  "
      + "\(summary.first)-\(summary.last)  \(summary.count) segments  \(summary.size) bytes"
      + (finished == nil ? "  not finished" : "")
  }

  /// What is wrong with a file, found by walking its boxes; empty if nothing is.
  package static func faults(_ file: File) throws(SystemError) -> [String] {
    if file.isDamaged { return ["damaged, not served"] }
    let media = try DiskFile(file.folder.file(file.name), .inspecting)
    let size = try media.size
    guard let walk = try HourWalk(size: size, media.read) else { return ["no CMAF header"] }
    var faults: [String] = []
    let header = try media.read(at: 0, count: walk.head.headerSize)
    if TrackDescription.hash(of: header) != file.name.headerHash {
      faults.append("the header has another hash than the name")
    }
    for damage in walk.damages {
      faults.append("damaged: \(damage.count) bytes at \(damage.lowerBound)")
    }
    if walk.end < size {
      faults.append("torn: \(size - walk.end) bytes after the last whole chunk")
    }
    guard let summary = file.folder.summary(file.name) else {
      // The chunks before a crash stay in a finished file; they are not served.
      if walk.end > walk.completeEnd + SegmentMark.closingSize {
        faults.append("the last segment is incomplete")
      }
      return faults + ["not finished: the index has no sums"]
    }
    let indexed = try file.folder.segments(file.name, summary, hasFrames: true)
    let isSame =
      indexed.count == walk.segments.count
      && zip(indexed, walk.segments).allSatisfy { $0.row.isSame(as: $1.row) }
    if !isSame {
      faults.append("the index has other segments than the file")
    } else if indexed.map(\.frames) != walk.segments.map(\.frames) {
      faults.append("the index has other frames than the file")
    }
    for segment in indexed {
      guard let digest = segment.digest,
        let bytes = try media.shared(at: segment.row.offset, count: segment.row.size)
      else { continue }
      if SegmentDigest.of(bytes)?.content != digest.content {
        faults.append("damaged: segment \(segment.row.number) has another digest than the index")
      }
    }
    return faults
  }

  /// The deed of ``repair(_:)`` for a file.
  package enum Repair: Sendable, Equatable, CustomStringConvertible {
    case repaired
    /// Its CMAF header is that of another hour again.
    case mended(String)
    /// It was set aside under this path.
    case setAside(String)
    /// It stays as it is, since no other hour has its CMAF header.
    case unreadable
    case removed

    package var description: String {
      switch self {
      case .repaired: "repaired"
      case .mended(let path): "repaired, with the CMAF header of \(path)"
      case .setAside(let path): "cannot be read, and is \(path) now"
      case .unreadable: "cannot be read: no other hour has its CMAF header"
      case .removed: "removed, it had no whole segment"
      }
    }
  }

  /// Cuts a torn tail, makes damaged segments free space, rebuilds the index, and finishes the
  /// file; a damaged CMAF header is that of another hour again.
  ///
  /// No program may write it.
  package static func repair(_ file: File) throws(SystemError) -> Repair {
    var source: HourName?
    if file.isDamaged {
      source = try file.folder.restore(file.name)
      guard source != nil else { return .unreadable }
    }
    switch try file.folder.recover(file.name, digests: .max, isIndexed: false) {
    case .finished(_, let other, _): return (other ?? source).map { .mended($0.path) } ?? .repaired
    case .setAside(let name): return .setAside(name.path + HourFolder.Suffix.damaged)
    case .removed: return .removed
    }
  }

  /// The segments that ``export(_:_:to:)`` has written, and those it has left out.
  package struct Export: Sendable, Equatable {
    package var written = 0
    /// Those with another CMAF header, and those after the end of their file.
    package var leftOut = 0
  }

  /// Writes the CMAF header of the first segment with media in a span, and the segments with this
  /// header, to a file.
  ///
  /// - Parameters:
  ///   - rendition: the rendition of the stream.
  ///   - span: the span.
  ///   - path: the path of the file, which is replaced.
  /// - Returns: the number of segments.
  /// - Throws: `SystemError` of the disk.
  package func export(
    _ rendition: String, _ span: Range<WallTime>, to path: String
  ) throws(SystemError) -> Export {
    let output = try DiskFile(path, .creating)
    try output.truncate(to: 0)
    var sources: [(start: WallTime, media: DiskFile, header: [UInt8], rows: [SegmentRow])] = []
    for file in files where file.rendition == rendition && !file.isDamaged {
      guard file.name.start < span.upperBound, span.lowerBound < file.name.end + .seconds(60),
        let walk = try file.folder.walk(file.name)
      else { continue }
      let rows = walk.segments.map(\.row).filter {
        $0.start < span.upperBound && span.lowerBound < $0.end(timescale: walk.head.timescale)
      }
      guard let first = rows.first else { continue }
      let media = try DiskFile(file.folder.file(file.name), .inspecting)
      let header = try media.read(at: 0, count: walk.head.headerSize)
      sources.append((first.start, media, header, rows))
    }
    sources.sort { $0.start < $1.start }
    var result = Export()
    guard let header = sources.first?.header else { return result }
    try output.write(header, at: 0)
    var position = header.count
    for source in sources {
      for row in source.rows {
        guard source.header == header,
          let bytes = try source.media.shared(at: row.offset, count: row.size)
        else {
          result.leftOut += 1
          continue
        }
        try output.write(bytes, at: position)
        position += bytes.count
        result.written += 1
      }
    }
    return result
  }
}

extension SegmentRow {
  /// Whether another row is that of the same segment.
  ///
  /// A clock that drifts by less than ``Rotation/tolerance`` has no mark in the file.
  fileprivate func isSame(as other: SegmentRow) -> Bool {
    let moved = SegmentRow(
      number: other.number, offset: other.offset, size: other.size, decodeTime: other.decodeTime,
      duration: other.duration, start: start, startsDiscontinuity: other.startsDiscontinuity)
    return self == moved && (other.start - start).magnitude <= Rotation.tolerance
  }
}
