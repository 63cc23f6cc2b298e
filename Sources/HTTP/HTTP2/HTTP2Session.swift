// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Net
import Sharing

/// What a session tells its connection, from inside `receive` and `send`.
protocol HTTP2SessionOwner: AnyObject {
  /// Where frames go; nothing more is taken once it is full.
  var output: HTTP2Output { get }
  /// A frame's header has come; the fault ends the connection.
  func frameBegan(_ type: UInt8, stream: Int32, length: Int) -> ConnectionFault?
  /// A field section of a new request begins.
  func headBegan(_ stream: Int32)
  /// A field of it; the fault ends the connection.
  func headField(
    _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) -> ConnectionFault?
  /// The field section is complete.
  func headEnded(_ stream: Int32, hasBody: Bool)
  /// Bytes of a request's body came; each is to be given to `consumed` once.
  func bodyReceived(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>)
  /// A request's body is whole.
  func bodyEnded(_ stream: Int32)
  /// The peer broke the rules, and a stream or all will be ended for it; the fault ends the connection.
  func streamFaulted() -> ConnectionFault?
  /// What may be sent of a stream's body now: at most `limit` bytes, and whether they are the last;
  /// nil to wait until `resume`.
  func sendableBody(_ stream: Int32, limit: Int) -> (count: Int, isLast: Bool)?
  /// Moves that many bytes of the body to the output.
  func moveBody(_ stream: Int32, count: Int)
  /// A frame has gone to the output.
  func frameSent(_ type: UInt8, flags: UInt8, stream: Int32, length: Int, errorCode: UInt32)
  /// A stream is over.
  func streamClosed(_ stream: Int32)
}

/// The server's end of an HTTP/2 connection: the library's session, and nothing of it outside.
///
/// Confined to the loop's thread. Nothing may be received or sent from inside a call of the owner's;
/// everything else may be.
/// - Source: RFC 9113
@safe
final class HTTP2Session {
  private let pointer: OpaquePointer
  /// What ends the connection, found inside `receive`.
  private(set) var fault: ConnectionFault?
  private unowned let owner: any HTTP2SessionOwner

  /// A session that has its SETTINGS ready to be sent; nil without memory.
  init?(_ owner: any HTTP2SessionOwner, limits: HTTPLimits) {
    self.owner = owner
    var session: OpaquePointer?
    unsafe nghttp2_session_server_new2(&session, HTTP2Callbacks.all, nil, HTTP2Callbacks.options)
    guard let session = unsafe session else { return nil }
    unsafe pointer = unsafe session
    unsafe nghttp2_session_set_user_data(session, Unmanaged.passUnretained(self).toOpaque())
    func entry(_ name: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(
        settings_id: Int32(name.rawValue), value: UInt32(clamping: value))
    }
    let settings = [
      entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.head.headBytes),
      // Priorities are those of RFC 9218.
      entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
    ]
    guard
      unsafe nghttp2_submit_settings(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count) == 0
    else { return nil }
  }

  deinit { unsafe nghttp2_session_del(pointer) }

  /// Takes what came; 0, or a code after which the session is of no more use.
  func receive(_ bytes: borrowing Span<UInt8>) -> Int32 {
    let count = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe nghttp2_session_mem_recv(pointer, bytes.baseAddress, bytes.count)
    }
    return count < 0 ? Int32(clamping: count) : 0
  }

  /// Makes frames until the output is full or there is nothing to send; 0, or a code.
  func send() -> Int32 { unsafe nghttp2_session_send(pointer) }

  /// Whether the session goes on at all.
  var isAlive: Bool {
    unsafe nghttp2_session_want_read(pointer) != 0 || nghttp2_session_want_write(pointer) != 0
  }

  /// Whether there are frames to send.
  var wantsWrite: Bool { unsafe nghttp2_session_want_write(pointer) != 0 }

  /// The last stream that a request was taken from.
  var lastStream: Int32 { unsafe nghttp2_session_get_last_proc_stream_id(pointer) }

  /// Whether the peer has opened no window for the stream, or for all.
  func isBlocked(_ stream: Int32) -> Bool {
    unsafe nghttp2_session_get_stream_remote_window_size(pointer, stream) <= 0
      || nghttp2_session_get_remote_window_size(pointer) <= 0
  }

  /// Lets the peer send as many bytes more: on the stream, if it still goes on, and on the connection.
  ///
  /// RFC 9113 §5.2.2.
  func consumed(_ count: Int, of stream: Int32) {
    unsafe nghttp2_session_consume(pointer, stream, count)
  }

  /// Lets the peer send as many bytes more on the connection, but not on the stream they came on.
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

  /// Has a body that said nil asked again.
  func resume(_ stream: Int32) { unsafe nghttp2_session_resume_data(pointer, stream) }

  /// Resets a stream.
  func reset(_ stream: Int32, _ code: nghttp2_error_code) {
    unsafe nghttp2_submit_rst_stream(
      pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
  }

  /// Announces that no more requests will be taken, though those on their way still are.
  ///
  /// RFC 9113 §6.8.
  func announceEnd() { unsafe nghttp2_submit_shutdown_notice(pointer) }

  /// Takes no more requests, and ends with the last of those that are open.
  func end() {
    unsafe nghttp2_submit_goaway(
      pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), lastStream, NGHTTP2_NO_ERROR.rawValue, nil, 0)
  }

  /// Sends at this priority, whatever the client said of it.
  ///
  /// RFC 9218 §8.
  func prioritize(_ stream: Int32, _ priority: ResponsePriority) {
    var value = nghttp2_extpri(
      urgency: UInt32(priority.urgency), inc: priority.isIncremental ? 1 : 0)
    unsafe nghttp2_session_change_extpri_stream_priority(pointer, stream, &value, 1)
  }

  /// Begins the answer on a stream.
  ///
  /// - Parameters:
  ///   - stream: its number.
  ///   - block: status and fields; its bytes must live until the frame is sent.
  ///   - withLength: whether `content-length` is said.
  ///   - more: fields of this answer alone.
  ///   - date: the value of `date`.
  ///   - hasBody: whether DATA follows.
  func respond(
    _ stream: Int32, _ block: FieldBlock, withLength: Bool, more: FieldBlock?, date: SharedBytes,
    hasBody: Bool
  ) {
    let places = withLength || !block.hasLength ? block.places[...] : block.places.dropLast()
    let count = places.count + 1 + (more?.places.count ?? 0)
    unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: count) { fields in
      var next = 0
      func add(_ bytes: SharedBytes, _ place: FieldBlock.FieldOffsets, _ flags: UInt32) {
        let start = unsafe UnsafeMutablePointer(
          mutating: bytes.start.assumingMemoryBound(to: UInt8.self))
        unsafe fields.initializeElement(
          at: next,
          to: nghttp2_nv(
            name: start + place.nameStart, value: start + place.valueStart,
            namelen: place.nameCount, valuelen: place.valueCount, flags: UInt8(flags)))
        next += 1
      }
      let kept = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
      for place in places { add(block.bytes, place, kept) }
      for place in more?.places ?? [] {
        if let more { add(more.bytes, place, NGHTTP2_NV_FLAG_NONE.rawValue) }
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

  // MARK: What the library calls

  /// Keeps the fault, and says to the library whether to go on.
  func note(_ found: ConnectionFault?) -> Int32 {
    guard let found else { return 0 }
    fault = found
    return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }

  /// Who is told.
  var target: any HTTP2SessionOwner { owner }
}
