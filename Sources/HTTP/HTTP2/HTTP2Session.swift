// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Sharing

/// The server's end of an HTTP/2 connection: wraps the session of nghttp2.
///
/// Confined to the loop's thread. The owner must not call `receive` or `send` from inside its own
/// functions; all other calls are permitted there.
/// - Source: RFC 9113
@safe
final class HTTP2Session {
  private let pointer: OpaquePointer
  /// The fault that ends the connection, found inside `receive`.
  private(set) var fault: ConnectionFault?

  /// A session whose SETTINGS are submitted; nil without memory.
  ///
  /// `owner` is not retained: it owns the session, and the library calls it only from inside
  /// `receive` and `send`.
  init?(_ owner: HTTP2Connection, limits: HTTPLimits) {
    var session: OpaquePointer?
    unsafe nghttp2_session_server_new2(&session, HTTP2Callbacks.all, nil, HTTP2Callbacks.options)
    guard let session = unsafe session else { return nil }
    unsafe pointer = unsafe session
    unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(owner).toOpaque())
    func entry(_ name: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(
        settings_id: Int32(name.rawValue), value: UInt32(clamping: value))
    }
    let settings = [
      entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.head.headBytes),
      // Priorities follow RFC 9218.
      entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
      // WebSockets, RFC 8441 §3.
      entry(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1),
    ]
    guard
      unsafe nghttp2_submit_settings(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count) == 0
    else { return nil }
  }

  deinit { unsafe nghttp2_session_del(pointer) }

  /// Processes received bytes, until ``HTTP2Connection/isTurnOver``.
  ///
  /// - Returns: 0, or an error code, after which the session must be discarded; and the number of
  ///   processed bytes.
  func receive(_ bytes: borrowing Span<UInt8>) -> (code: Int32, count: Int) {
    let count = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe nghttp2_session_mem_recv(pointer, bytes.baseAddress, bytes.count)
    }
    return count < 0 ? (Int32(clamping: count), 0) : (0, count)
  }

  /// Writes frames until the output is full or no frame is left.
  ///
  /// - Returns: 0, or an error code.
  func send() -> Int32 { unsafe nghttp2_session_send(pointer) }

  /// Whether the session expects or has frames.
  var isAlive: Bool {
    unsafe nghttp2_session_want_read(pointer) != 0 || nghttp2_session_want_write(pointer) != 0
  }

  /// Whether there are frames to send.
  var wantsWrite: Bool { unsafe nghttp2_session_want_write(pointer) != 0 }

  /// The last HTTP/2 stream from which a request was taken.
  var lastStream: Int32 { unsafe nghttp2_session_get_last_proc_stream_id(pointer) }

  /// Whether the client's window for the HTTP/2 stream or for the connection is closed.
  func isBlocked(_ stream: Int32) -> Bool {
    unsafe nghttp2_session_get_stream_remote_window_size(pointer, stream) <= 0
      || nghttp2_session_get_remote_window_size(pointer) <= 0
  }

  /// Opens the windows by `count` bytes: that of the HTTP/2 stream, if it is open, and that of the
  /// connection.
  ///
  /// RFC 9113 §5.2.2.
  func consumed(_ count: Int, of stream: Int32) {
    unsafe nghttp2_session_consume(pointer, stream, count)
  }

  /// Opens only the window of the connection by `count` bytes.
  func dropped(_ count: Int) { unsafe nghttp2_session_consume_connection(pointer, count) }

  /// Sends `100 (Continue)`.
  func askForBody(_ stream: Int32) {
    let name: StaticString = ":status"
    let value: StaticString = "100"
    var field = unsafe nghttp2_nv(
      name: UnsafeMutablePointer(mutating: name.utf8Start),
      value: UnsafeMutablePointer(mutating: value.utf8Start), namelen: name.utf8CodeUnitCount,
      valuelen: value.utf8CodeUnitCount, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
    unsafe nghttp2_submit_headers(
      pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, &field, 1, nil)
  }

  /// Asks again for a body that had no bytes to send.
  func resume(_ stream: Int32) { unsafe nghttp2_session_resume_data(pointer, stream) }

  /// Resets an HTTP/2 stream.
  func reset(_ stream: Int32, _ code: nghttp2_error_code) {
    unsafe nghttp2_submit_rst_stream(
      pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
  }

  /// Announces the end of the connection; requests that are already sent are still taken.
  ///
  /// RFC 9113 §6.8.
  func announceEnd() { unsafe nghttp2_submit_shutdown_notice(pointer) }

  /// Takes no more requests; the session ends with the last open HTTP/2 stream.
  func end() {
    unsafe nghttp2_submit_goaway(
      pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), lastStream, NGHTTP2_NO_ERROR.rawValue, nil, 0)
  }

  /// Sets the priority of an HTTP/2 stream, instead of the client's value.
  ///
  /// RFC 9218 §8.
  func prioritize(_ stream: Int32, _ priority: ResponsePriority) {
    var value = nghttp2_extpri(
      urgency: UInt32(priority.urgency), inc: priority.isIncremental ? 1 : 0)
    unsafe nghttp2_session_change_extpri_stream_priority(pointer, stream, &value, 1)
  }

  /// Begins the response on an HTTP/2 stream.
  ///
  /// - Parameters:
  ///   - stream: its number.
  ///   - block: status and fields; its bytes must live until the frame is sent.
  ///   - withLength: whether `content-length` is sent.
  ///   - more: fields of this response only.
  ///   - date: the value of `date`.
  ///   - hasBody: whether DATA follows.
  func respond(
    _ stream: Int32, _ block: FieldBlock, withLength: Bool, more: FieldBlock?, date: SharedBytes,
    hasBody: Bool
  ) {
    let own = withLength || !block.hasLength ? block.fields[...] : block.fields.dropLast()
    let count = own.count + 1 + (more?.fields.count ?? 0)
    unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { fields in
      var next = 0
      func add(_ bytes: SharedBytes, _ field: FieldBlock.FieldPosition, _ flags: UInt32) {
        let start = unsafe UnsafeMutablePointer(
          mutating: bytes.start.assumingMemoryBound(to: UInt8.self))
        unsafe fields.initializeElement(
          at: next,
          to: nghttp2_nv(
            name: start + field.nameStart, value: start + field.valueStart,
            namelen: field.nameCount, valuelen: field.valueCount, flags: UInt8(flags)))
        next += 1
      }
      let kept = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
      for field in own { add(block.bytes, field, kept) }
      for field in more?.fields ?? [] {
        if let more { add(more.bytes, field, NGHTTP2_NV_FLAG_NONE.rawValue) }
      }
      let name: StaticString = "date"
      unsafe fields.initializeElement(
        at: next,
        to: nghttp2_nv(
          name: UnsafeMutablePointer(mutating: name.utf8Start),
          value: UnsafeMutablePointer(mutating: date.start.assumingMemoryBound(to: UInt8.self)),
          namelen: name.utf8CodeUnitCount, valuelen: date.count,
          flags: UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue)))
      guard hasBody else {
        unsafe nghttp2_submit_response(pointer, stream, fields.baseAddress, count, nil)
        return
      }
      var provider = unsafe nghttp2_data_provider(
        source: nghttp2_data_source(), read_callback: HTTP2Callbacks.read)
      unsafe nghttp2_submit_response(pointer, stream, fields.baseAddress, count, &provider)
    }
  }

  // MARK: For the callbacks

  /// Keeps a fault.
  ///
  /// - Returns: the code that tells the library whether to continue.
  func note(_ found: ConnectionFault?) -> Int32 {
    guard let found else { return 0 }
    fault = found
    return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }
}
