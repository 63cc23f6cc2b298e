// SPDX-License-Identifier: Apache-2.0

import Checked

/// The server's side of one RTMP connection: a pure state machine.
///
/// Bytes of the client become events; bytes for the client are collected in ``output``.
///
/// ```
/// handshake ─► connect ─► createStream ─► publish ─► (accept) ─► media ─► unpublish
/// ```
package struct RTMPSession: Sendable {
  /// An event for the connection.
  package enum Event: Sendable, Equatable {
    /// The client asks to publish: answer with ``RTMPSession/accept()`` or
    /// ``RTMPSession/refuse(_:_:)``.
    case publish(PublisherPath)
    /// A tag of FLV, or what a data message declares or marks.
    case media(MediaTag)
    /// The client has stopped to publish.
    case unpublish
  }

  private enum State: Sendable { case handshake, connecting, connected, asking, publishing }

  /// The window after which each side acknowledges, in bytes.
  private static let window: UInt32 = 2_500_000
  /// The size of the chunks that this server sends.
  private static let chunkSize = 4096
  /// The codecs of Enhanced RTMP that are accepted.
  private static let fourCCs = [
    "hvc1", "avc1", "av01", "vp09", "mp4a", "Opus", "ac-3", "ec-3", "fLaC", ".mp3",
  ]
  /// Reconnect, Multitrack, ModEx and TimestampNanoOffset.
  /// - Source: Enhanced RTMP v2, CapsExMask
  private static let extendedCapabilities = 15.0
  /// Reconnect.
  private static let reconnectCapability = 1
  /// The only message stream.
  private static let messageStream: UInt32 = 1

  /// Bytes for the client; the owner sends and removes them.
  package var output: [UInt8] = []

  private var state = State.handshake
  private var handshake = RTMPHandshake()
  private var reader: RTMPChunkReader
  private var writer = RTMPChunkWriter()
  private var application = ""
  /// Whether the client has announced that it reconnects on request.
  private var reconnects = false
  /// The window that the client requests.
  private var peerWindow = Self.window
  /// The aggregate message whose messages are read.
  private var aggregate: RTMPAggregate?
  private let limits: RTMPLimits
  /// Messages and bytes since the connection, or the end of publishing, without the time in which
  /// the client waits for the permission.
  private var early = (messages: 0, bytes: 0)
  /// Messages since ``takeCounts()``.
  private var counts = (all: 0, control: 0)
  private var received: UInt32 = 0
  private var acknowledged: UInt32 = 0

  /// A session before the first byte.
  package init(_ limits: RTMPLimits = RTMPLimits()) {
    self.limits = limits
    reader = RTMPChunkReader(limits)
  }

  /// Takes bytes from `offset` on, until they end or cause an event.
  ///
  /// - Returns: the event; nil at the end of the bytes.
  /// - Throws: if the client violates the protocol or a limit. Close the connection then.
  package mutating func next(
    _ bytes: borrowing Span<UInt8>, at offset: inout Int
  ) throws(RTMPError) -> Event? {
    let start = offset
    let wasEarly = isEarly
    defer {
      acknowledge(offset - start)
      if wasEarly { early.bytes += offset - start }
    }
    guard early.bytes <= limits.earlyBytes else { throw .earlyBytes(limit: limits.earlyBytes) }
    if !handshake.isDone {
      output += try handshake.take(bytes, at: &offset)
      guard handshake.isDone else { return nil }
      state = .connecting
    }
    while let message = try nextMessage(bytes, at: &offset) {
      try count(message)
      if let event = try handle(message) { return event }
    }
    return nil
  }

  /// The next message: of an aggregate message whose messages are not read yet, or of the bytes.
  private mutating func nextMessage(
    _ bytes: borrowing Span<UInt8>, at offset: inout Int
  ) throws(RTMPError) -> RTMPMessage? {
    // Commands are messages of their own, and aggregates are not nested.
    while let part = try aggregate?.next() {
      if part.isMedia, part.type != RTMPMessage.Kind.aggregate { return part }
    }
    aggregate = nil
    return try reader.next(bytes, at: &offset)
  }

  // MARK: Limits

  /// Whether the client has not asked to publish.
  private var isEarly: Bool {
    switch state {
    case .handshake, .connecting, .connected: true
    case .asking, .publishing: false
    }
  }

  private mutating func count(_ message: RTMPMessage) throws(RTMPError) {
    counts.all += 1
    if !message.isMedia { counts.control += 1 }
    guard isEarly else { return }
    early.messages += 1
    guard early.messages <= limits.earlyMessages else {
      throw .earlyMessages(limit: limits.earlyMessages)
    }
  }

  /// The messages since the last call, and those of them without media.
  package mutating func takeCounts() -> (all: Int, control: Int) {
    defer { counts = (0, 0) }
    return counts
  }

  // MARK: Answers

  /// Lets the client publish.
  package mutating func accept() {
    guard state == .asking else { return }
    state = .publishing
    early = (0, 0)
    reader.takesMedia = true
    // Stream Begin (§7.1.7).
    send(RTMPMessage.Kind.userControl, [0, 0] + Self.messageStream.bigEndianBytes())
    sendStatus(
      RTMPCommand.status("status", "NetStream.Publish.Start", "publishing has started"))
  }

  /// Refuses the client, which must not be told more than `reason`.
  package mutating func refuse(_ reason: String, code: String = "NetStream.Publish.BadName") {
    guard state == .asking || state == .publishing else { return }
    state = .connected
    reader.takesMedia = false
    sendStatus(RTMPCommand.status("error", code, reason))
  }

  /// Asks the client to connect again to the same address.
  ///
  /// - Parameter reason: for people.
  /// - Returns: false if the client has not announced that it understands the request.
  /// - Source: Enhanced RTMP v2, "Reconnect Request": a status of the connection, message stream 0
  package mutating func requestReconnect(_ reason: String) -> Bool {
    guard reconnects else { return false }
    sendCommand([
      .string("onStatus"), .number(0), .null,
      RTMPCommand.status("status", "NetConnection.Connect.ReconnectRequest", reason),
    ])
    return true
  }

  // MARK: Messages

  private mutating func handle(_ message: RTMPMessage) throws(RTMPError) -> Event? {
    let payload = message.payload
    func number() throws(RTMPError) -> UInt32 {
      guard payload.count >= 4 else { throw .control(type: message.type) }
      return payload.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
    switch message.type {
    case RTMPMessage.Kind.chunkSize: try reader.setChunkSize(Int(try number() & 0x7FFF_FFFF))
    case RTMPMessage.Kind.abort: reader.abort(Int(try number()))
    case RTMPMessage.Kind.windowSize: peerWindow = max(1024, try number())
    case RTMPMessage.Kind.userControl: answerPing(payload)
    case RTMPMessage.Kind.audio, RTMPMessage.Kind.video:
      guard state == .publishing, !payload.isEmpty else { return nil }
      return .media(
        MediaTag(
          kind: message.type == RTMPMessage.Kind.video ? .video : .audio,
          timestamp: message.timestamp, payload: payload))
    case RTMPMessage.Kind.aggregate:
      if state == .publishing { aggregate = RTMPAggregate(message) }
    case RTMPMessage.Kind.command, RTMPMessage.Kind.command3:
      let command: RTMPCommand?
      do throws(AMF0Error) {
        command = try RTMPCommand(
          payload, isAMF3: message.type == RTMPMessage.Kind.command3)
      } catch { throw .command(error) }
      if let command { return try handle(command) }
    case RTMPMessage.Kind.data, RTMPMessage.Kind.data3:
      guard state == .publishing else { return nil }
      let isAMF3 = message.type == RTMPMessage.Kind.data3
      let cue = FLVCuePoint(message: payload, isAMF3: isAMF3, timestamp: message.timestamp)
      return (cue?.tag ?? FLVMetadata(message: payload, isAMF3: isAMF3)?.tag).map { .media($0) }
    // Acknowledgements, Set Peer Bandwidth, and types that nothing here needs.
    default: break
    }
    return nil
  }

  private mutating func handle(_ command: RTMPCommand) throws(RTMPError) -> Event? {
    switch command.name {
    case "connect":
      guard state == .connecting else { throw .order(command: .connect) }
      application = command.arguments.first?["app"]?.text ?? ""
      connect(command)
    case "releaseStream", "FCPublish", "FCUnpublish":
      reply(command, [.null, .undefined])
      if command.name == "FCUnpublish" { return unpublish() }
    case "createStream":
      guard state != .connecting else { throw .order(command: .createStream) }
      reply(command, [.null, .number(Double(Self.messageStream))])
    case "publish":
      guard state == .connected else { throw .order(command: .publish) }
      state = .asking
      let name = command.arguments.dropFirst().first?.text ?? ""
      guard let target = PublisherPath(application: application, name: name) else {
        refuse("the name is too long")
        return nil
      }
      return .publish(target)
    case "deleteStream", "closeStream": return unpublish()
    default:
      guard command.transaction != 0 else { return nil }
      let fault = RTMPCommand.status("error", "NetConnection.Call.Failed", "unknown command")
      sendCommand([.string("_error"), .number(command.transaction), .null, fault])
    }
    return nil
  }

  private mutating func unpublish() -> Event? {
    guard state == .publishing else { return nil }
    state = .connected
    reader.takesMedia = false
    return .unpublish
  }

  private mutating func connect(_ command: RTMPCommand) {
    state = .connected
    let window = Self.window.bigEndianBytes()
    send(RTMPMessage.Kind.windowSize, window)
    // The limit type 2, dynamic (§5.4.5).
    send(RTMPMessage.Kind.bandwidth, window + [2])
    send(RTMPMessage.Kind.chunkSize, UInt32(clamping: Self.chunkSize).bigEndianBytes())
    writer.chunkSize = Self.chunkSize
    var information: [String: AMF0Value] = [
      "level": .string("status"), "code": .string("NetConnection.Connect.Success"),
      "description": .string("connected"),
      // Some clients expect the encoding that they requested.
      "objectEncoding": command.arguments.first?["objectEncoding"] ?? .number(0),
    ]
    let capabilities = command.arguments.first?["capsEx"]?.number.flatMap { Int(exactly: $0) }
    reconnects = (capabilities ?? 0) & Self.reconnectCapability != 0
    if case .array? = command.arguments.first?["fourCcList"] {
      information["fourCcList"] = .array(Self.fourCCs.map { .string($0) })
      information["capsEx"] = .number(Self.extendedCapabilities)
    } else if capabilities != nil {
      information["capsEx"] = .number(Self.extendedCapabilities)
    }
    let properties: [String: AMF0Value] = [
      "fmsVer": .string("FMS/3,5,7,7009"), "capabilities": .number(31), "mode": .number(1),
    ]
    reply(command, [.object(properties), .object(information)])
  }

  private mutating func reply(_ command: RTMPCommand, _ values: [AMF0Value]) {
    sendCommand([.string("_result"), .number(command.transaction)] + values)
  }

  private mutating func answerPing(_ payload: [UInt8]) {
    // PingRequest is event 6, PingResponse event 7 with the same time (§7.1.7).
    guard payload.count >= 6, payload[0] == 0, payload[1] == 6 else { return }
    send(RTMPMessage.Kind.userControl, [0, 7] + Array(payload.dropFirst(2).prefix(4)))
  }

  // MARK: Output

  /// Counts received bytes, and acknowledges them at half the client's window.
  private mutating func acknowledge(_ count: Int) {
    // bounded: the sequence number wraps at 2^32 (§5.4.3)
    received &+= UInt32(truncatingIfNeeded: count)
    // bounded: a difference modulo 2^32
    guard state != .handshake, received &- acknowledged >= peerWindow / 2 else { return }
    acknowledged = received
    send(RTMPMessage.Kind.acknowledgement, received.bigEndianBytes())
  }

  /// Sends a control message.
  private mutating func send(_ type: UInt8, _ payload: [UInt8]) {
    writer.write(RTMPMessage(type: type, payload: payload), chunkStream: 2, to: &output)
  }

  private mutating func sendStatus(_ status: AMF0Value) {
    sendCommand(
      [.string("onStatus"), .number(0), .null, status], stream: Self.messageStream)
  }

  private mutating func sendCommand(_ values: [AMF0Value], stream: UInt32 = 0) {
    writer.write(
      RTMPMessage(
        type: RTMPMessage.Kind.command, stream: stream, payload: RTMPCommand.payload(values)),
      chunkStream: stream == 0 ? 3 : 5, to: &output)
  }
}
