// SPDX-License-Identifier: Apache-2.0

import System

extension HourFolder {
  /// Puts the draft of a removal beside its hour file: a crash during ``exchange(_:with:)`` finds
  /// it there.
  ///
  /// Waits for the disk.
  func stage(_ name: HourName, from drafts: HourFolder) throws(SystemError) {
    let draft = file(name) + Suffix.draft
    DiskFolder.remove(draft)
    try DiskFolder.rename(drafts.file(name), to: draft)
    do throws(SystemError) { try DiskFolder.sync("\(path)/\(name.folder)") } catch {
      unstage(name, to: drafts)
      throw error
    }
  }

  /// Takes a draft back that was not exchanged.
  func unstage(_ name: HourName, to drafts: HourFolder) {
    try? DiskFolder.rename(file(name) + Suffix.draft, to: drafts.file(name))
  }

  /// Gives an hour file the name `X.removed`, and its name to a draft that was staged.
  ///
  /// Does not wait for the disk.
  /// ``completeRemoval(_:kept:_:)`` overwrites it then, also after a crash.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - drafts: the folder of the draft; nil if no segment is left.
  /// - Throws: `SystemError` of the disk; the names are as before.
  func exchange(_ name: HourName, with drafts: HourFolder?) throws(SystemError) {
    let (path, old, draft) = (file(name), file(name) + Suffix.removed, file(name) + Suffix.draft)
    // The order may come after its removal has ended.
    if drafts != nil { _ = try DiskFile(draft, .reading) }
    try DiskFolder.rename(path, to: old)
    DiskFolder.remove(index(name))
    guard let drafts else { return }
    do throws(SystemError) { try DiskFolder.rename(draft, to: path) } catch {
      try DiskFolder.rename(old, to: path)
      throw error
    }
    try? DiskFolder.rename(drafts.index(name), to: index(name))
    drafts.remove(name)
    DiskFolder.remove(drafts.path)
  }

  /// Gives the draft of a removal its name after a crash; does not overwrite bytes.
  func restoreDraft(_ name: HourName) throws(SystemError) {
    let draft = file(name) + Suffix.draft
    // The draft is complete: the old file had its name until then.
    guard DiskFolder.exists(file(name) + Suffix.removed), !DiskFolder.exists(file(name)),
      DiskFolder.exists(draft)
    else { return }
    try DiskFolder.rename(draft, to: file(name))
  }

  /// Completes a removal that has begun: the bytes of the old file are overwritten.
  ///
  /// - Parameters:
  ///   - name: the name of the hour file.
  ///   - kept: the bytes that stay, in their order.
  ///   - isCancelled: whether to end with an error.
  /// - Throws: `SystemError` of the disk.
  func completeRemoval(
    _ name: HourName, kept: [Range<Int>] = [], _ isCancelled: @escaping () -> Bool = { false }
  ) throws(SystemError) {
    let old = file(name) + Suffix.removed
    guard DiskFolder.exists(old) else { return }
    let file = try DiskFile(old, .writing)
    try restoreDraft(name)
    // The new names first: a file with holes must not return after a loss of power.
    try DiskFolder.sync("\(path)/\(name.folder)")
    var position = 0
    let size = try file.size
    for range in kept + [size..<size] {
      if position < range.lowerBound {
        try overwrite(position..<min(size, range.lowerBound), of: file, isCancelled)
      }
      position = max(position, range.upperBound)
    }
    try file.sync()
    DiskFolder.remove(old)
    removeDay(name)
  }

  /// Overwrites and removes the file that was set aside for an hour file.
  func eraseDamaged(_ name: HourName) throws(SystemError) {
    let path = damagedFile(name)
    guard DiskFolder.exists(path) else { return }
    let file = try DiskFile(path, .writing)
    try overwrite(0..<(try file.size), of: file)
    try file.sync()
    _ = removeDamaged(name)
  }

  /// The bytes that are overwritten at once, and before a synchronisation.
  private static let (block, synchronised) = (1 << 20, 16 << 20)

  /// Overwrites bytes with zeros, at most 250 MB per second.
  func overwrite(
    _ range: Range<Int>, of file: DiskFile, _ isCancelled: @escaping () -> Bool = { false }
  ) throws(SystemError) {
    let zeros = [UInt8](repeating: 0, count: Self.block)
    var pace = DiskPace(nanosecondsPerByte: 4, isCancelled: isCancelled)
    var position = range.lowerBound
    var written = 0
    while position < range.upperBound {
      let count = min(zeros.count, range.upperBound - position)
      try file.write(Array(zeros[..<count]), at: position)
      position += count
      written += count
      if written >= Self.synchronised {
        // Dirty pages delay the other threads that write.
        try file.sync()
        written = 0
      }
      try pace.pause(after: count)
    }
  }
}
