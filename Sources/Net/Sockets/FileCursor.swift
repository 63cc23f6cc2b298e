// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Sharing
package import System

/// A position in bytes of files: reads them, or sends them to a socket.
///
/// Every call may block for as long as the disk does.
package struct FileCursor: Sendable {
  /// How far a socket has taken bytes.
  enum Progress: Sendable {
    /// All bytes are sent.
    case done
    /// The socket takes more.
    case more
    /// The socket takes none now.
    case blocked
    /// The connection is lost, or a file has ended early.
    case failed
  }

  /// Why there are no bytes.
  package enum Failure: Error { case ended, disk(SystemError) }

  /// The bytes after which another connection has its turn.
  private static let turn = 1 << 20

  private let bytes: FileBytes
  private var index = 0
  private var offset = 0
  /// The bytes that are left.
  package private(set) var left: Int

  /// A cursor at the first byte.
  package init(_ bytes: FileBytes) {
    self.bytes = bytes
    left = bytes.count
  }

  /// The threads that may call.
  package var threads: any DiskThreads { bytes.open.threads }

  private mutating func advance(_ count: Int) {
    left -= count
    offset += count
    guard index < bytes.pieces.count, offset >= bytes.pieces[index].count else { return }
    (index, offset) = (index + 1, 0)
  }

  /// Sends bytes to a socket that does not block.
  mutating func send(to socket: Int32) -> Progress {
    let end = left - Self.turn
    while left > max(0, end) {
      let sent: Int?
      switch bytes.pieces[index] {
      case .file(let file, let range):
        let rest = range.lowerBound + offset..<range.upperBound
        do throws(SystemError) { sent = try bytes.open.files[file].send(rest, to: socket) } catch {
          return .failed
        }
      case .memory(let slice):
        let result = unsafe clinux_send_bytes(
          socket, slice.bytes.start + slice.offset + offset, slice.count - offset)
        guard result >= 0 || result == -Int(EAGAIN) else { return .failed }
        sent = result >= 0 ? result : nil
      }
      guard let sent else { return .blocked }
      guard sent > 0 else { return .failed }
      advance(sent)
    }
    return left == 0 ? .done : .more
  }

  /// Reads the next bytes, at most `limit`.
  package mutating func read(_ limit: Int) throws(Failure) -> SharedBytes {
    var failure: Failure?
    var cursor = self
    let bytes = unsafe SharedBytes(count: min(limit, left)) { memory in
      do throws(Failure) { unsafe try cursor.fill(memory) } catch { failure = error }
    }
    if let failure { throw failure }
    self = cursor
    return bytes
  }

  @unsafe private mutating func fill(_ memory: UnsafeMutableRawBufferPointer) throws(Failure) {
    var filled = 0
    while filled < memory.count {
      let count = unsafe try read(into: UnsafeMutableRawBufferPointer(rebasing: memory[filled...]))
      filled += count
      advance(count)
    }
  }

  @unsafe private func read(into memory: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    switch bytes.pieces[index] {
    case .file(let file, let range):
      let count = min(memory.count, range.count - offset)
      let target = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
      let read: Int
      do throws(SystemError) {
        read = unsafe try bytes.open.files[file].fill(target, at: range.lowerBound + offset)
      } catch { throw .disk(error) }
      guard read == count else { throw .ended }
      return read
    case .memory(let slice):
      let count = min(memory.count, slice.count - offset)
      unsafe memory.copyMemory(
        from: UnsafeRawBufferPointer(
          start: slice.bytes.start + slice.offset + offset, count: count))
      return count
    }
  }
}
