// SPDX-License-Identifier: Apache-2.0

import Glibc
import System
import Time

/// Removes media from the disk: the part of an order that takes long.
///
/// The writer only exchanges the names of files. Blocks for as long as the disk does.
struct SpanRemoval: Sendable {
  /// A file of a rendition.
  struct File: Sendable {
    let rendition: String
    let name: HourName
  }

  /// How often an hour file is read again that another thread has replaced.
  private static let maximumAttempts = 3

  let catalog: StreamCatalog
  let media: RemovedMedia
  /// The hour files that may have media of it, and the files that were set aside.
  let files, damaged: [File]

  /// Removes the media.
  ///
  /// - Parameters:
  ///   - order: gives an order to the writer.
  ///   - willRead: called before each hour file.
  ///   - isCancelled: whether the work is to end with a failure.
  /// - Returns: the reason of a failure, else nil; the other files are completed.
  func run(
    order: (WriterOrder) -> Void, willRead: () -> Void = {}, isCancelled: () -> Bool = { false }
  ) -> String? {
    var failure: String?
    withoutActuallyEscaping(isCancelled) { isCancelled in
      for file in files {
        willRead()
        if let error = remove(from: file, order, isCancelled) {
          failure = "\(file.name.path): \(error)"
        }
      }
      for file in damaged {
        do throws(SystemError) {
          try catalog.folder(of: file.rendition).eraseDamaged(file.name)
          catalog.update { $0.tracks[file.rendition]?.damaged[file.name] = nil }
        } catch { failure = "\(file.name.path): \(error)" }
      }
    }
    return failure
  }

  private func remove(
    from file: File, _ order: (WriterOrder) -> Void, _ isCancelled: @escaping () -> Bool
  ) -> String? {
    let folder = catalog.folder(of: file.rendition)
    var failure: String?
    for _ in 0..<Self.maximumAttempts {
      guard !isCancelled() else { return "it is closed" }
      guard DiskFolder.exists(folder.file(file.name)) else { return nil }
      do {
        try folder.completeRemoval(file.name, isCancelled)
        guard let merge = try draft(of: file, isCancelled) else { return nil }
        failure = HourInsertion.insert(
          merge, of: file.rendition, catalog, removed: nil, isCancelled: isCancelled,
          order: order)
        guard failure == nil else {
          merge.discard(overwriting: true)
          continue
        }
        try folder.completeRemoval(file.name, kept: merge.kept, isCancelled)
        return nil
      } catch { return "\(error)" }
    }
    return failure
  }

  /// A draft without the media; nil if the file has none of it.
  private func draft(
    of file: File, _ isCancelled: @escaping () -> Bool
  ) throws -> HourMerge? {
    let (folder, name) = (catalog.folder(of: file.rendition), file.name)
    let source = try DiskFile(folder.file(name), .reading)
    let size = try source.size
    let head = try FileHead(size: size, source.read)
    let isOpen = catalog.read { $0.tracks[file.rendition]?.open?.name == name }
    let rows = try catalog.rows(of: name, file.rendition)
    let timescale = head?.timescale ?? 1
    let (media, rendition) = (media, file.rendition)
    let isRemoved = { (row: SegmentRow) in
      media.has(row, timescale: timescale, of: rendition)
    }
    // A torn segment has no time.
    let end = (rows.last?.end ?? 0) + SegmentMark.closingSize  // bounded: a position in a file
    guard rows.contains(where: isRemoved) || !isOpen && end < size else { return nil }
    guard let head else { throw SystemError("read", EINVAL) }
    let merge = try HourMerge(
      name, in: folder, header: try source.read(at: 0, count: head.headerSize),
      references: max(1, head.references), for: .removal, isLeftOut: isRemoved,
      isCancelled: isCancelled)
    do {
      _ = try merge.update(rows)
      return merge
    } catch {
      merge.discard(overwriting: true)
      throw error
    }
  }
}
