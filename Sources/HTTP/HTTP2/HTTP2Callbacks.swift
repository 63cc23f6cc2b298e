// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// The connection to which a pointer of the library points.
@inline(__always)
private func owner(_ user: UnsafeMutableRawPointer?) -> HTTP2Connection? {
  unsafe user.map { unsafe Unmanaged<HTTP2Connection>.fromOpaque($0).takeUnretainedValue() }
}

/// The functions that the library calls; they call the session's owner.
@safe
enum HTTP2Callbacks {
  nonisolated(unsafe) static let options: OpaquePointer? = {
    var options: OpaquePointer?
    unsafe nghttp2_option_new(&options)
    // Closed streams are not kept: without RFC 7540's priorities nothing depends on them.
    unsafe nghttp2_option_set_no_closed_streams(options, 1)
    // Windows are opened when a receiver has taken the bytes.
    unsafe nghttp2_option_set_no_auto_window_update(options, 1)
    unsafe nghttp2_option_set_builtin_recv_extension_type(
      options, UInt8(NGHTTP2_PRIORITY_UPDATE.rawValue))
    unsafe nghttp2_option_set_max_outbound_ack(options, 200)
    // Frames of unknown types are ignored, but counted.
    for type in UInt8(0x0a)...0xff where type != UInt8(NGHTTP2_PRIORITY_UPDATE.rawValue) {
      unsafe nghttp2_option_set_user_recv_extension_type(options, type)
    }
    return unsafe options
  }()

  static let read: nghttp2_data_source_read_callback = {
    _, stream, _, length, flags, _, user in
    guard let connection = unsafe owner(user) else {
      return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    guard let ahead = connection.sendableBody(stream, limit: length) else {
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
    unsafe flags?.pointee =
      NGHTTP2_DATA_FLAG_NO_COPY.rawValue | (ahead.isLast ? NGHTTP2_DATA_FLAG_EOF.rawValue : 0)
    return ahead.count
  }

  nonisolated(unsafe) static let all: OpaquePointer? = {
    var callbacks: OpaquePointer?
    unsafe nghttp2_session_callbacks_new(&callbacks)
    unsafe sending(callbacks)
    unsafe receiving(callbacks)
    return unsafe callbacks
  }()

  private static func sending(_ callbacks: OpaquePointer?) {
    unsafe nghttp2_session_callbacks_set_send_callback(callbacks) { _, bytes, count, _, user in
      guard let connection = unsafe owner(user) else {
        return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
      }
      let output = connection.output
      if output.isFull { return Int(NGHTTP2_ERR_WOULDBLOCK.rawValue) }
      unsafe output.append(copying: UnsafeBufferPointer(start: bytes, count: count))
      return count
    }
    unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks) {
      _, frame, head, count, _, user in
      guard let connection = unsafe owner(user), let frame = unsafe frame else {
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
      }
      if connection.output.isFull { return NGHTTP2_ERR_WOULDBLOCK.rawValue }
      unsafe connection.output.append(copying: UnsafeBufferPointer(start: head, count: 9))
      unsafe connection.moveBody(frame.pointee.hd.stream_id, count: count)
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
      guard let connection = unsafe owner(user), let frame = unsafe frame else { return 0 }
      let head = unsafe frame.pointee.hd
      let code =
        head.type == NGHTTP2_GOAWAY.rawValue
        ? unsafe frame.pointee.goaway.error_code
        : head.type == NGHTTP2_RST_STREAM.rawValue
          ? unsafe frame.pointee.rst_stream.error_code : NGHTTP2_NO_ERROR.rawValue
      connection.frameSent(
        head.type, flags: head.flags, stream: head.stream_id, length: head.length, errorCode: code)
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, _, user in
      unsafe owner(user)?.streamClosed(stream)
      return 0
    }
  }

  private static func receiving(_ callbacks: OpaquePointer?) {
    unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, head, user in
      guard let connection = unsafe owner(user), let head = unsafe head?.pointee else { return 0 }
      return connection.note(
        connection.frameBegan(head.type, stream: head.stream_id, length: head.length))
    }
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
      guard let frame = unsafe frame, unsafe cnghttp2_is_request(frame) != 0 else { return 0 }
      unsafe owner(user)?.headBegan(frame.pointee.hd.stream_id)
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, frame, name, nameCount, value, valueCount, _, user in
      guard let connection = unsafe owner(user), let frame = unsafe frame,
        unsafe cnghttp2_is_request(frame) != 0
      else { return 0 }
      let fault = unsafe connection.headField(
        UnsafeBufferPointer(start: name, count: nameCount),
        UnsafeBufferPointer(start: value, count: valueCount))
      if fault == nil, connection.isTurnOver { return NGHTTP2_ERR_PAUSE.rawValue }
      return connection.note(fault)
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      guard let frame = unsafe frame, let connection = unsafe owner(user) else { return 0 }
      let head = unsafe frame.pointee.hd
      let isLast = UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
      if unsafe cnghttp2_is_request(frame) != 0 {
        connection.headEnded(head.stream_id, hasBody: !isLast)
      } else if isLast,
        head.type == NGHTTP2_DATA.rawValue || head.type == NGHTTP2_HEADERS.rawValue
      {
        connection.bodyEnded(head.stream_id)
      }
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      _, _, stream, bytes, count, user in
      unsafe owner(user)?.bodyReceived(
        stream, UnsafeBufferPointer(start: bytes, count: count))
      return 0
    }
    unsafe nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks) {
      _, _, _, _, _ in 0
    }
    unsafe nghttp2_session_callbacks_set_unpack_extension_callback(callbacks) { _, _, _, _ in
      NGHTTP2_ERR_CANCEL.rawValue
    }
    unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) {
      _, _, _, user in
      guard let connection = unsafe owner(user) else { return 0 }
      return connection.note(connection.streamFaulted())
    }
  }
}
