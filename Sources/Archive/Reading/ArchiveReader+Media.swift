// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Sharing
package import System

/// The bytes of segments and CMAF headers.
extension ArchiveReader {
  /// The bytes of a segment that only the object store has, for a response.
  package func stored(_ segment: ArchivedSegment) -> (any ReadableBytes)? {
    segment.objects.map { StoredSegment($0, segment.row) }
  }

  /// Opens the file of a segment.
  package func file(of segment: ArchivedSegment) throws(ArchiveFailure) -> HeldFile {
    try caches.files.open(segment.folder.file(segment.name), segment.use.lease)
  }

  /// Bytes of a segment: positions in it, or all of them.
  package func bytes(
    of segment: ArchivedSegment, _ range: Range<Int>? = nil
  ) throws(ArchiveFailure) -> SharedBytes {
    let range = (range ?? 0..<segment.row.size).clamped(to: 0..<segment.row.size)
    if let objects = segment.objects {
      let all = try objects.segment(segment.row)
      guard range != 0..<all.count else { return all }
      return unsafe SharedBytes(count: range.count) { memory in
        unsafe memory.copyMemory(
          from: UnsafeRawBufferPointer(start: all.start + range.lowerBound, count: range.count))
      }
    }
    let bytes: SharedBytes?
    let file = try file(of: segment)
    do throws(SystemError) {
      bytes = try file.file.shared(at: segment.row.offset + range.lowerBound, count: range.count)
    } catch { throw .disk("\(error)") }
    guard let bytes else { throw .missing }
    return bytes
  }

  /// The CMAF header with this hash; nil if no hour file has it.
  ///
  /// It is the same object for each request, by which decoders know that they may continue.
  package func header(_ hash: String, of rendition: String) throws(ArchiveFailure) -> SharedBytes? {
    guard HourName.isHash(hash) else { return nil }
    let names = catalog.read { state -> [HourName]? in
      guard state.isLoaded else { return nil }
      let track = state.tracks[rendition]
      return ((track?.order ?? []) + [track?.open?.name].compactMap(\.self))
        .filter { $0.headerHash == hash }
    }
    guard let names else { throw .busy }
    let key = "\(rendition)/\(hash)"
    if !names.isEmpty, let known = headers.withLock({ $0[key] }) { return known }
    for name in names.reversed() {
      do throws(SystemError) {
        let file = try DiskFile(catalog.folder(of: rendition).file(name), .reading)
        let head = try FileHead(size: try file.size, file.read)
        if let head, let bytes = try file.shared(at: 0, count: head.headerSize) {
          keep(bytes, as: key)
          return bytes
        }
      } catch { continue }
    }
    guard findsStored,
      catalog.read({ $0.objects?.tracks[rendition]?.hasHeader(hash) ?? false })
    else { return nil }
    let objects = try objects(of: rendition)
    if let known = headers.withLock({ $0[key] }) { return known }
    let bytes = try objects.header(hash)
    keep(bytes, as: key)
    return bytes
  }

  private func keep(_ header: SharedBytes, as key: String) {
    headers.withLock { headers in
      if headers.count >= Self.maximumHeaders { headers = [:] }
      headers[key] = header
    }
  }
}
