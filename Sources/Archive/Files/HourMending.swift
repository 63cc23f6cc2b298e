// SPDX-License-Identifier: Apache-2.0

import CMAF
import Glibc
import Packaging
import System

/// Hour files whose CMAF header is damaged.
extension HourFolder {
  /// The most hours in which a header is looked for.
  private static let maximumHeaders = 256
  /// The bytes that are read at once.
  private static let block = 1 << 20

  /// Whether the CMAF header of an hour file is the one in its name.
  func hasHeader(
    _ walk: HourWalk?, _ name: HourName, _ file: DiskFile
  ) throws(SystemError) -> Bool {
    guard let head = walk?.head else { return false }
    let header = try file.read(at: 0, count: head.headerSize)
    return TrackDescription.hash(of: header) == name.headerHash
  }

  /// The CMAF header of an hour file, from another hour with the same one; nil if there is none.
  func header(
    like name: HourName
  ) throws(SystemError) -> (name: HourName, header: [UInt8])? {
    let others = names.filter {
      $0.headerHash == name.headerHash && $0.isAudio == name.isAudio && $0 != name
    }
    // The nearest hours first: retention may remove the others meanwhile.
    let nearest = others.sorted { abs($0.hour - name.hour) < abs($1.hour - name.hour) }
    for other in nearest.prefix(Self.maximumHeaders) {
      guard let file = try? DiskFile(self.file(other), reading), let size = try? file.size,
        let head = try? FileHead(size: size, file.read),
        let header = try? file.read(at: 0, count: head.headerSize),
        TrackDescription.hash(of: header) == name.headerHash
      else { continue }
      return (other, header)
    }
    return nil
  }

  /// Writes the CMAF header into an hour file again, and the head of the room after it.
  ///
  /// - Parameters:
  ///   - name: the name of the file, which has the hash of the header.
  ///   - file: the file.
  ///   - header: the CMAF header.
  /// - Returns: false if the header is another one, or no segment follows.
  /// - Throws: `SystemError` of the disk.
  func mend(
    _ name: HourName, _ file: DiskFile, _ header: [UInt8]
  ) throws(SystemError) -> Bool {
    let size = try file.size
    guard TrackDescription.hash(of: header) == name.headerHash, size > header.count else {
      return false
    }
    let search = SegmentSearch(size: size)
    let mended: FileHead.Reader = { (offset, count) throws(SystemError) in
      var bytes = try file.read(at: offset, count: count)
      // bounded: positions in a file
      let end = min(header.count, offset + bytes.count)
      if offset < end { bytes.replaceSubrange(0..<end - offset, with: header[offset..<end]) }
      return bytes
    }
    guard let head = try FileHead(size: size, mended) else { return false }
    if try search.isMark(head.mediaStart, file.read) {
      try file.write(header, at: 0)
      return true
    }
    // The room is damaged too.
    guard let mark = try search.next(from: header.count, file.read),
      try search.isMark(mark, file.read), mark - header.count >= 8
    else { return false }
    try file.write(.head(mark - header.count, "free"), at: header.count)
    try file.write(header, at: 0)
    return true
  }

  /// Whether a file has the beginning of a fragment or of its media anywhere.
  func hasMedia(_ file: DiskFile) throws(SystemError) -> Bool {
    let types = [Array("moof".utf8), Array("mdat".utf8)]
    var position = 0
    while true {
      let bytes = try file.read(at: position, count: Self.block)
      for index in bytes.indices.dropLast(3) where bytes[index] == UInt8(ascii: "m") {
        // bounded: at least four bytes are left after each index
        if types.contains(where: { $0.elementsEqual(bytes[index..<index + 4]) }) { return true }
      }
      guard bytes.count == Self.block else { return false }
      // The last bytes may begin a type.
      position += Self.block - 3
    }
  }

  /// Gives an hour file that cannot be read, and its index, a name with `.damaged`.
  ///
  /// A file that was set aside before stays: the next part of the hour gets the name then.
  ///
  /// - Returns: the name before the suffix.
  /// - Throws: `SystemError` of the disk.
  func setAside(_ name: HourName) throws(SystemError) -> HourName {
    var target = name
    while DiskFolder.exists(damagedFile(target)) {
      guard let next = target.next else { throw SystemError("rename", EEXIST) }
      target = next
    }
    try DiskFolder.rename(file(name), to: damagedFile(target))
    if DiskFolder.exists(index(name)) {
      try DiskFolder.rename(index(name), to: damagedIndex(target))
    }
    return target
  }

  /// Gives a file that was set aside its name again if its CMAF header is found.
  ///
  /// - Returns: the hour with the header; nil if the file stays as it is.
  /// - Throws: `SystemError` of the disk.
  func restore(_ name: HourName) throws(SystemError) -> HourName? {
    guard !DiskFolder.exists(file(name)), let other = try header(like: name) else { return nil }
    let damaged = try DiskFile(damagedFile(name), .writing)
    let isWhole = try FileHead(size: try damaged.size, damaged.read) != nil
    guard try mend(name, damaged, other.header) || isWhole else { return nil }
    if DiskFolder.exists(damagedIndex(name)) {
      try DiskFolder.rename(damagedIndex(name), to: index(name))
    }
    try DiskFolder.rename(damagedFile(name), to: file(name))
    return other.name
  }

  /// Removes a file that was set aside, and its index.
  ///
  /// - Returns: whether the file is gone.
  func removeDamaged(_ name: HourName) -> Bool {
    let isGone = DiskFolder.remove(damagedFile(name))
    if isGone { DiskFolder.remove(damagedIndex(name)) }
    removeDay(name)
    return isGone
  }
}
