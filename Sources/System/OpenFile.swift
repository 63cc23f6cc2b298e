// SPDX-License-Identifier: Apache-2.0

/// A file that a ``Disk`` has opened; it is closed when the object is freed.
package protocol OpenFile: Sendable {
  /// Its present properties.
  var status: FileStatus { get throws(SystemError) }
  /// Fills memory from `offset` on.
  ///
  /// - Returns: the number of bytes, which is smaller at the end of the file.
  @unsafe func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int
  /// Writes all bytes at `offset`.
  @unsafe func put(_ memory: UnsafeRawBufferPointer, at offset: Int) throws(SystemError)
  /// Sends bytes to a socket that does not block; see ``ReadableBytes/send(_:to:)``.
  func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int?
  /// Cuts the file, or extends it with zeros.
  func truncate(to size: Int) throws(SystemError)
  /// Reserves space behind the end; false if the disk has no such space, or does not reserve any.
  func reserve(at offset: Int, count: Int) -> Bool
  /// Waits until all bytes are on the disk.
  func sync() throws(SystemError)
  /// Waits until all bytes and the attributes are on the disk.
  func syncWhole() throws(SystemError)
  /// Takes the lock of the file; false if another process has it.
  func lock() throws(SystemError) -> Bool
}

/// The purpose for which a file is opened.
package enum OpenMode: Sendable, Hashable {
  case reading
  /// Reading a file of any user.
  case inspecting
  /// Reading and writing; the file exists.
  case writing
  /// Reading and writing; a missing file is created.
  case creating
  /// A missing file is created; it is only locked.
  case locking
  /// Writing a new file with these permissions, less those of umask(2); it must not exist.
  case replacing(permissions: UInt32)
}
