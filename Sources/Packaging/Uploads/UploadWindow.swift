// SPDX-License-Identifier: Apache-2.0

import Time

/// The files of an uploaded stream within limits of bytes and time: a pure state machine.
///
/// If memory is needed, the oldest media files are removed first. Indexes and headers of media are
/// kept as long as there is memory for them, since players that join later need them; media files
/// are also removed after their time.
struct UploadWindow: Sendable {
  private struct Upload {
    let file: UploadedFile
    /// The bytes that count for the limit.
    var charge: Int
  }

  private struct Stored {
    let file: UploadedFile
    let charge: Int
    let completed: MonotonicTime
  }

  /// The maximum number of names of which the end is remembered.
  private static let formerCapacity = 256

  let limits: UploadLimits
  private var uploads: [UploadName: Upload] = [:]
  private var files: [UploadName: Stored] = [:]
  private var media = UploadQueue()
  private var lasting = UploadQueue()
  private var former: [UploadName: UploadedStream.Lookup] = [:]
  private var formerOrder: [UploadName] = []
  /// The bytes of all files, with their charges.
  private(set) var charged = 0
  /// Files that were removed since ``takeRemoved()``.
  private var removed: [UploadedFile] = []
  /// Rises when a name gets another meaning.
  private(set) var revision: UInt64 = 0
  /// When the newest upload began, or the last one ended.
  private(set) var lastUpload: MonotonicTime

  init(_ limits: UploadLimits, now: MonotonicTime) {
    self.limits = limits
    lastUpload = now
  }

  var fileCount: Int { files.count }
  var isUploading: Bool { !uploads.isEmpty }

  // MARK: Uploads

  /// Begins an upload; the earlier file of the name, unless it is an index, ends here.
  ///
  /// An index is readable until the next one is complete. `condition` decides by the number of the
  /// complete file of the name, nil without one.
  mutating func begin(
    _ name: UploadName, serial: UInt64, if condition: UploadedStream.Condition, now: MonotonicTime
  ) -> UploadedStream.Begin {
    guard uploads[name] == nil else { return .busy }
    let replaces = files[name] != nil
    guard condition(files[name]?.file.serial) else { return .unmet }
    if !name.isIndex { forget(name) }
    former[name] = nil
    let file = UploadedFile(name, serial: serial)
    let charge = UploadLimits.fileCharge + name.text.utf8.count
    uploads[name] = Upload(file: file, charge: charge)
    charged += charge
    lastUpload = now
    revision += 1
    makeRoom()
    return .begun(file, replaces: replaces)
  }

  /// Makes room for `count` more bytes of an upload.
  ///
  /// - Returns: whether they may be added; if not, the window is full of open uploads.
  mutating func grow(_ file: UploadedFile, by count: Int) -> Bool {
    guard uploads[file.name]?.file === file, count <= limits.bytes else { return false }
    let charge = count + UploadLimits.chunkCharge
    uploads[file.name]?.charge += charge
    charged += charge
    makeRoom()
    return charged <= limits.bytes
  }

  /// The upload is complete.
  mutating func complete(_ file: UploadedFile, now: MonotonicTime) {
    guard let upload = uploads[file.name], upload.file === file else { return }
    uploads[file.name] = nil
    forget(file.name)
    files[file.name] = Stored(file: file, charge: upload.charge, completed: now)
    let element = UploadQueue.Element(name: file.name, serial: file.serial)
    if file.name.isIndex || file.isHeader {
      lasting.append(element, of: files.count) { [files] in Self.isCurrent($0, in: files) }
    } else {
      media.append(element, of: files.count) { [files] in Self.isCurrent($0, in: files) }
    }
    lastUpload = now
    revision += 1
  }

  /// The upload was cut; its bytes are removed.
  mutating func fail(_ file: UploadedFile, now: MonotonicTime) {
    guard let upload = uploads[file.name], upload.file === file else { return }
    uploads[file.name] = nil
    removed.append(file)
    charged -= upload.charge
    lastUpload = now
    revision += 1
    if files[file.name] == nil { remember(file.name, .broken) }
  }

  /// The open uploads.
  var openFiles: [UploadedFile] { uploads.values.map(\.file) }

  // MARK: Files

  /// The file that a name means now.
  func lookup(_ name: UploadName) -> UploadedStream.Lookup {
    let (upload, stored) = (uploads[name]?.file, files[name]?.file)
    if let file = name.isIndex ? stored ?? upload : upload ?? stored { return .found(file) }
    return former[name] ?? .unknown
  }

  /// Deletes a file; deletion of a file that has left the window is without effect.
  mutating func remove(
    _ name: UploadName, if condition: UploadedStream.Condition
  ) -> UploadedStream.Removal {
    guard uploads[name] == nil else { return .busy }
    guard let stored = files[name] else {
      guard case .removed? = former[name] else { return .unknown }
      return condition(nil) ? .removed : .unmet
    }
    guard condition(stored.file.serial) else { return .unmet }
    forget(name)
    remember(name, .removed)
    revision += 1
    return .removed
  }

  /// Removes the media files whose time has passed.
  mutating func expire(_ now: MonotonicTime) {
    while let oldest = media.first {
      if let stored = files[oldest.name], stored.file.serial == oldest.serial {
        guard now - stored.completed >= limits.span else { return }
        evict(oldest.name)
      }
      media.removeFirst()
    }
  }

  /// The names of all indexes, sorted, at most `limit`.
  func indexes(limit: Int) -> [UploadName] {
    Array(files.keys.filter(\.isIndex).sorted { $0.text < $1.text }.prefix(limit))
  }

  /// The files that were removed since the last call; their bytes are those of their readers.
  mutating func takeRemoved() -> [UploadedFile] {
    guard !removed.isEmpty else { return [] }
    defer { removed = [] }
    return removed
  }

  /// All files.
  var allFiles: [UploadedFile] { files.values.map(\.file) + openFiles }

  private mutating func makeRoom() {
    while charged > limits.bytes {
      if let oldest = media.first {
        media.removeFirst()
        evict(oldest)
      } else if let oldest = lasting.first {
        lasting.removeFirst()
        evict(oldest)
      } else {
        return
      }
    }
  }

  private mutating func evict(_ element: UploadQueue.Element) {
    if Self.isCurrent(element, in: files) { evict(element.name) }
  }

  private mutating func evict(_ name: UploadName) {
    forget(name)
    remember(name, .removed)
    revision += 1
  }

  private static func isCurrent(
    _ element: UploadQueue.Element, in files: [UploadName: Stored]
  ) -> Bool {
    files[element.name]?.file.serial == element.serial
  }

  private mutating func forget(_ name: UploadName) {
    guard let stored = files.removeValue(forKey: name) else { return }
    charged -= stored.charge
    removed.append(stored.file)
  }

  private mutating func remember(_ name: UploadName, _ lookup: UploadedStream.Lookup) {
    if former.updateValue(lookup, forKey: name) == nil { formerOrder.append(name) }
    guard formerOrder.count > 2 * Self.formerCapacity else { return }  // bounded: a constant
    for name in formerOrder.prefix(Self.formerCapacity) { former[name] = nil }
    formerOrder.removeFirst(Self.formerCapacity)
  }
}
