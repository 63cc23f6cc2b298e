// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CV4L2  // `struct stat`, when the module is compiled as a whole
import Glibc

/// Bytes for libavformat that its own readers cannot give: standard input or a named pipe, whose
/// reader in the library cannot be interrupted, or the container of a publisher.
///
/// Confined to one thread.
@safe
final class StandardInput {
  /// libavformat's buffered reader.
  ///
  /// The context that uses it does not free it.
  @unsafe let pointer: UnsafeMutablePointer<AVIOContext>
  private let cancellation: InputCancellation

  /// Standard input, or the named pipe at `path`, which may still lack a writer.
  init(_ cancellation: InputCancellation, path: String = "-") throws(FFmpegError) {
    self.cancellation = cancellation
    let descriptor =
      path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FFmpegError("open", -errno, path) }
    // A file is read from the start each time; a pipe refuses to seek.
    _ = lseek(descriptor, 0, SEEK_SET)
    unsafe pointer = try Self.context(Reader(descriptor, cancellation).read)
  }

  /// The container of a publisher.
  init(_ container: PublishedMedia, _ cancellation: InputCancellation) throws(FFmpegError) {
    self.cancellation = cancellation
    unsafe pointer = try Self.context { buffer, count in
      unsafe container.readContainer(into: buffer, count, cancellation)
    }
  }

  /// Reads bytes into a buffer of a size; the number of bytes, or a libav error.
  private typealias Read = (UnsafeMutablePointer<UInt8>, Int) -> Int32

  @safe
  private final class Source {
    @unsafe let read: Read
    init(_ read: @escaping Read) { unsafe self.read = unsafe read }
  }

  @unsafe private static func context(
    _ read: @escaping Read
  ) throws(FFmpegError) -> UnsafeMutablePointer<AVIOContext> {
    let size = 32_768
    guard let memory = unsafe av_malloc(size) else { throw FFmpegError(noMemory: "av_malloc") }
    let opaque = unsafe Unmanaged.passRetained(Source(read)).toOpaque()
    guard
      let context = unsafe avio_alloc_context(
        memory.assumingMemoryBound(to: UInt8.self), Int32(size), 0, opaque,
        { opaque, buffer, count in
          guard let opaque = unsafe opaque, let buffer = unsafe buffer else { return CFF_INVALID }
          let source = unsafe Unmanaged<Source>.fromOpaque(opaque).takeUnretainedValue()
          return unsafe source.read(buffer, Int(count))
        }, nil, nil)
    else {
      unsafe av_free(memory)
      unsafe Unmanaged<Source>.fromOpaque(opaque).release()
      throw FFmpegError(noMemory: "avio_alloc_context")
    }
    return unsafe context
  }

  /// Whether standard input is a file, which is read faster than it plays.
  static var isFile: Bool {
    var status = stat()
    return unsafe fstat(STDIN_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  deinit {
    unsafe Unmanaged<Source>.fromOpaque(pointer.pointee.opaque).release()
    unsafe av_free(pointer.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = unsafe pointer
    unsafe avio_context_free(&context)
  }

  private final class Reader {
    let descriptor: Int32
    let cancellation: InputCancellation

    init(_ descriptor: Int32, _ cancellation: InputCancellation) {
      self.descriptor = descriptor
      self.cancellation = cancellation
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// Reads the available bytes, at least one; or a libav error.
    @unsafe
    func read(_ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32 {
      while !cancellation.isDue {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = unsafe Glibc.poll(&poll, 1, 100)
        guard ready > 0 else { continue }
        let got = unsafe Glibc.read(descriptor, buffer, count)
        if got > 0 { return Int32(got) }
        if got == 0 { return CFF_EOF }
        if errno != EINTR && errno != EAGAIN { return -errno }
      }
      return CFF_EXIT
    }
  }
}
