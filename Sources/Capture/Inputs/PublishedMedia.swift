// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Glibc
internal import Ingest
internal import Sharing
package import Time

/// The media of the publishers of one stream, one after another, from a local socket.
///
/// It outlasts the connections of the input: each connection is one publisher, or the rest of one
/// whose media an earlier connection could not decode. Confined to one thread.
package final class PublishedMedia: @unchecked Sendable {
  /// The bytes of one read.
  private static let capacity = 256 << 10
  /// The interval in which a cancellation is noticed, in milliseconds.
  private static let pollInterval: Int32 = 100

  private let descriptor: Int32
  private var reader = MediaRecordReader()
  private var buffer = [UInt8](repeating: 0, count: capacity)
  private var isAtEnd = false
  /// Records that are to be read next.
  private var pending: [MediaRecord] = []
  /// The decoder configurations of the publisher that has not ended; nil if there is none.
  private var running: MediaConfigurations?
  /// The bytes of a container that are not read yet, from `containerOffset` on.
  private var container: [UInt8] = []
  private var containerOffset = 0
  /// The report about the present publisher; nil without one.
  private let present = Locked<PublisherReport?>(nil)
  /// Called when the wait for a publisher begins and none publishes, or when one ends during it.
  package var whenAbsent: (() -> Void)?
  /// Called when a publisher begins during the wait for one.
  package var whenPresent: (() -> Void)?

  /// Takes ownership of the socket.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Blocks until a publisher begins, or until one that has not ended sends media again: its
  /// decoder configurations are then read first.
  ///
  /// - Throws: `cancelled`, or `silent` when the cancellation is due.
  func waitForPublisher(_ cancellation: InputCancellation) throws(InputError) {
    if running == nil { whenAbsent?() }
    while true {
      let record = try next(cancellation, silence: 0)
      if record == .begin {
        whenPresent?()
        return
      }
      if record == .end { whenAbsent?() }
      guard record != .end, let running else { continue }
      pending = running.tags.map { .tag($0) } + [record] + pending
      return
    }
  }

  /// The next record.
  ///
  /// Blocks until it is complete, or the cancellation is due; `silence` are the seconds of its
  /// deadline, for the error. The server closes the socket only when it no longer needs this
  /// source: then the call blocks until the source is cancelled.
  func next(
    _ cancellation: InputCancellation, silence: Int
  ) throws(InputError) -> MediaRecord {
    if !pending.isEmpty { return pending.removeFirst() }
    while true {
      do throws(MediaRecordReader.Fault) {
        while let record = try reader.next() {
          note(record)
          if case .tag(let tag) = record, tag.kind == .client { continue }
          return record
        }
      } catch { isAtEnd = true }
      if cancellation.isCancelled { throw .cancelled }
      if cancellation.isDue { throw .silent(silence) }
      readAvailable()
    }
  }

  private func note(_ record: MediaRecord) {
    switch record {
    case .begin:
      running = MediaConfigurations()
      present.withLock { $0 = PublisherReport(at: SystemClock.monotonicTime) }
    case .tag(let tag):
      running?.note(tag)
      if tag.kind == .container { report { $0.noteContainer() } }
      if tag.kind == .client {
        let words = String(decoding: tag.payload, as: UTF8.self)
        report { $0.client = words }
      }
    case .end:
      running = nil
      present.withLock { $0 = nil }
    }
  }

  /// Notes what has arrived.
  func report(_ body: (inout PublisherReport) -> Void) {
    present.withLock { report in
      guard var changed = report else { return }
      body(&changed)
      report = changed
    }
  }

  /// The lines about the present publisher that are due; `isShown`: whether it gives pictures.
  ///
  /// For any thread.
  package func lines(at now: MonotonicTime, isShown: Bool) -> [PublisherReport.Line] {
    present.withLock { $0?.lines(at: now, isShown: isShown) ?? [] }
  }

  /// The state of the media of the present publisher; nil without one.
  ///
  /// For any thread.
  package func state(at now: MonotonicTime, isShown: Bool) -> PublisherReport.State? {
    present.withLock { $0?.state(at: now, isShown: isShown) }
  }

  /// Whether the publisher that has begun sends a container; blocks until its first record.
  func isContainer(
    _ cancellation: InputCancellation, silence: Int
  ) throws(InputError) -> Bool {
    let record = try next(cancellation, silence: silence)
    pending.insert(record, at: 0)
    (container, containerOffset) = ([], 0)
    if case .tag(let tag) = record { return tag.kind == .container }
    return false
  }

  /// Reads bytes of a container, at least one.
  ///
  /// - Returns: their number, or a libav error: the end if the publisher has ended.
  @unsafe
  func readContainer(
    into buffer: UnsafeMutablePointer<UInt8>, _ count: Int, _ cancellation: InputCancellation
  ) -> Int32 {
    while containerOffset >= container.count {
      // The library asks again after the end.
      if running == nil, pending.isEmpty { return CFF_EOF }
      do throws(InputError) {
        switch try next(cancellation, silence: 0) {
        case .tag(let tag) where tag.kind == .container:
          (container, containerOffset) = (tag.payload, 0)
        case .tag: break
        case .end: return CFF_EOF
        case .begin:
          pending.insert(.begin, at: 0)
          return CFF_EOF
        }
      } catch { return CFF_EXIT }
    }
    let taken = min(count, container.count - containerOffset)
    unsafe container.withUnsafeBufferPointer { bytes in
      // bounded: as many bytes are left
      guard let start = bytes.baseAddress else { return }
      unsafe buffer.update(from: start + containerOffset, count: taken)
    }
    containerOffset += taken
    return Int32(clamping: taken)
  }

  /// Waits a while for bytes, and reads them.
  private func readAvailable() {
    // poll(2) ignores negative descriptors.
    var poll = pollfd(fd: isAtEnd ? -1 : descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe Glibc.poll(&poll, 1, Self.pollInterval) > 0 else { return }
    unsafe buffer.withUnsafeMutableBytes { bytes in
      let count = unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
      if count > 0 {
        unsafe reader.append(
          UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[..<count]))
      } else if count == 0 || errno != EINTR && errno != EAGAIN {
        isAtEnd = true
      }
    }
  }
}
