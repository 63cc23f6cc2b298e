// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing

@testable import Ingest

/// A client with a session, without a connection.
private struct Client {
  var session: RTMPSession
  var reader = RTMPChunkReader()

  init(_ limits: RTMPLimits = RTMPLimits()) { session = RTMPSession(limits) }

  mutating func send(_ bytes: [UInt8]) throws(RTMPError) -> [RTMPSession.Event] {
    var offset = 0
    var events: [RTMPSession.Event] = []
    while let event = try session.next(bytes.span, at: &offset) { events.append(event) }
    return events
  }

  mutating func send(
    _ values: [AMF0Value], type: UInt8 = RTMPMessage.Kind.command
  ) throws(RTMPError) -> [RTMPSession.Event] {
    let prefix: [UInt8] = type == RTMPMessage.Kind.command3 ? [0] : []
    return try send(RTMPMessage(type: type, payload: prefix + RTMPCommand.payload(values)))
  }

  mutating func send(_ message: RTMPMessage) throws(RTMPError) -> [RTMPSession.Event] {
    var bytes: [UInt8] = []
    RTMPChunkWriter().write(message, chunkStream: 3, to: &bytes)
    return try send(bytes)
  }

  /// The messages of the server since the last call.
  mutating func received() throws -> [RTMPMessage] {
    var messages: [RTMPMessage] = []
    var offset = 0
    let output = session.output
    while let message = try reader.next(output.span, at: &offset) {
      messages.append(message)
      if message.type == RTMPMessage.Kind.chunkSize { try reader.setChunkSize(4096) }
    }
    session.output = []
    return messages
  }

  /// The values of the commands of the server since the last call.
  mutating func commands() throws -> [[AMF0Value]] {
    try received().filter { $0.type == RTMPMessage.Kind.command }.map {
      var reader = AMF0Reader($0.payload)
      return try reader.rest()
    }
  }

  mutating func handshake() throws {
    #expect(try send([3] + Array(repeating: 5, count: 1536)) == [])
    #expect(session.output.count == 1 + 2 * 1536)
    #expect(session.output.first == 3)
    #expect(Array(session.output.suffix(1536)) == Array(repeating: 5, count: 1536))
    session.output = []
    #expect(try send(Array(repeating: 0, count: 1536)) == [])
  }

  mutating func connect(
    _ application: String = "live", _ more: [String: AMF0Value] = [:]
  ) throws {
    var arguments: [String: AMF0Value] = [
      "app": .string(application), "fourCcList": .array([.string("hvc1")]),
    ]
    arguments.merge(more) { $1 }
    #expect(try send([.string("connect"), .number(1), .object(arguments)]) == [])
  }

  mutating func publish(_ name: String = "x") throws -> [RTMPSession.Event] {
    try send([.string("publish"), .number(5), .null, .string(name), .string("live")])
  }
}

extension RTMPChunkWriter {
  fileprivate func write(_ message: RTMPMessage, chunkStream: UInt8) -> [UInt8] {
    var bytes: [UInt8] = []
    write(message, chunkStream: chunkStream, to: &bytes)
    return bytes
  }
}

@Suite("Sessions of RTMP")
struct RTMPSessionTests {
  @Test("the commands of ffmpeg and OBS lead to publishing")
  func publishing() throws {
    var client = Client()
    try client.handshake()
    try client.connect()
    let answers = try client.received()
    #expect(answers.map(\.type) == [5, 6, 1, 20])
    for (transaction, name) in [(2.0, "releaseStream"), (3, "FCPublish"), (4, "createStream")] {
      #expect(
        try client.send([.string(name), .number(transaction), .null, .string("x")]) == [])
      let reply = try #require(try client.commands().first)
      #expect(reply[0] == .string("_result") && reply[1] == .number(transaction))
      if name == "createStream" { #expect(reply[3] == .number(1)) }
    }
    let target = try #require(PublisherPath(application: "live", name: "x"))
    #expect(try client.publish() == [.publish(target)])
    client.session.accept()
    let status = try #require(try client.commands().last)
    #expect(status[0] == .string("onStatus"))
    #expect(status[3]["code"] == .string("NetStream.Publish.Start"))
    let video = RTMPMessage(type: 9, timestamp: 40, stream: 1, payload: [0x17, 1, 0, 0, 0])
    #expect(
      try client.send(video) == [
        .media(MediaTag(kind: .video, timestamp: 40, payload: video.payload))
      ])
    #expect(try client.send([.string("FCUnpublish"), .number(6), .null]) == [.unpublish])
    #expect(try client.send([.string("deleteStream"), .number(7), .null, .number(1)]) == [])
  }

  /// A message within an aggregate, with its back pointer.
  private func part(_ type: UInt8, _ timestamp: UInt32, _ payload: [UInt8]) -> [UInt8] {
    let size = UInt32(payload.count)
    let time = timestamp.bigEndianBytes()
    return [type] + size.bigEndianBytes(3) + time[1...] + [time[0]] + [0, 0, 9] + payload
      + (size + 11).bigEndianBytes()
  }

  private func publisher() throws -> Client {
    var client = Client()
    try client.handshake()
    try client.connect()
    _ = try client.publish()
    client.session.accept()
    return client
  }

  @Test("an aggregate is its messages, with timestamps from its own, RTMP 1.0 §7.1.6")
  func aggregates() throws {
    var client = try publisher()
    let parts =
      part(9, 0xFFFF_FFF0, [0x17, 1]) + part(20, 0xFFFF_FFF0, [2, 0, 0]) + part(8, 16, [0xAF, 1])
      + part(22, 20, [9]) + part(9, 24, [0x27, 1]).dropLast(4)
    let found = try client.send(RTMPMessage(type: 22, timestamp: 1000, stream: 1, payload: parts))
    #expect(
      found == [
        .media(MediaTag(kind: .video, timestamp: 1000, payload: [0x17, 1])),
        .media(MediaTag(kind: .audio, timestamp: 1032, payload: [0xAF, 1])),
        .media(MediaTag(kind: .video, timestamp: 1040, payload: [0x27, 1])),
      ])
    // The aggregate and its media are no control messages.
    #expect(client.session.takeCounts().control == 2)
    #expect(try client.send(RTMPMessage(type: 22, stream: 1, payload: [])) == [])
  }

  @Test("an aggregate before publishing is not read, one that is cut ends the connection")
  func malformedAggregates() throws {
    let cut = RTMPMessage(type: 22, stream: 1, payload: part(9, 0, [0x17, 1]) + [9, 0, 0, 9])
    var early = Client()
    try early.handshake()
    try early.connect()
    #expect(try early.send(cut) == [])
    var client = try publisher()
    #expect(throws: RTMPError.aggregate) { try client.send(cut) }
  }

  @Test("an aggregate may be as large as video, once media is taken")
  func largeAggregate() throws {
    let large = [UInt8](repeating: 0x27, count: 100 << 10)
    let message = RTMPMessage(type: 22, timestamp: 7, stream: 1, payload: part(9, 0, large))
    var client = try publisher()
    #expect(
      try client.send(message) == [.media(MediaTag(kind: .video, timestamp: 7, payload: large))])
    var early = Client()
    try early.handshake()
    try early.connect()
    let size = message.payload.count
    #expect(throws: RTMPError.messageSize(type: 22, size: size, limit: 64 << 10)) {
      try early.send(message)
    }
  }

  @Test("messages before publishing are few, later ones are counted")
  func earlyMessages() throws {
    var limits = RTMPLimits()
    limits.earlyMessages = 10
    let ping = RTMPMessage(type: RTMPMessage.Kind.userControl, payload: [0, 6, 1, 2, 3, 4])
    var client = Client(limits)
    try client.handshake()
    try client.connect()
    for _ in 0..<8 { _ = try client.send(ping) }
    _ = try client.publish()
    // While the client waits for the permission.
    for _ in 0..<20 { _ = try client.send(ping) }
    client.session.accept()
    for _ in 0..<20 { _ = try client.send(ping) }
    _ = try client.send(RTMPMessage(type: 9, stream: 1, payload: [0x17, 1, 0, 0, 0]))
    let counts = client.session.takeCounts()
    #expect(counts == (51, 50))
    #expect(client.session.takeCounts() == (0, 0))
    #expect(try client.send([.string("FCUnpublish"), .number(6), .null]) == [.unpublish])
    for _ in 0..<10 { _ = try client.send(ping) }
    #expect(throws: RTMPError.earlyMessages(limit: 10)) { try client.send(ping) }
  }

  @Test("bytes before publishing are few, also those of messages that never end")
  func earlyBytes() throws {
    var limits = RTMPLimits()
    limits.earlyBytes = 100_000
    var client = Client(limits)
    try client.handshake()
    try client.connect()
    let data = RTMPMessage(type: 18, payload: [UInt8](repeating: 0, count: 60_000))
    _ = try client.send(data)
    _ = try client.send(data)
    #expect(throws: RTMPError.earlyBytes(limit: 100_000)) { try client.send([3]) }
  }

  @Test(
    "a client is asked to connect again if it has announced Reconnect",
    arguments: [(1, true), (15, true), (14, false), (1.5, false), (.nan, false), (1e300, false)]
      as [(Double, Bool)])
  func reconnect(capabilities: Double, isAsked: Bool) throws {
    var client = Client()
    try client.handshake()
    let isEarly = client.session.requestReconnect("too early")
    #expect(!isEarly)
    try client.connect("live", ["capsEx": .number(capabilities)])
    let answer = try #require(try client.commands().last)
    #expect(answer[3]["capsEx"] == .number(15))
    let wasAsked = client.session.requestReconnect("maintenance")
    #expect(wasAsked == isAsked)
    let messages = try client.received()
    #expect(messages.count == (isAsked ? 1 : 0))
    guard let message = messages.first else { return }
    // Of the connection, not of a message stream.
    #expect(message.stream == 0)
    var reader = AMF0Reader(message.payload)
    let values = try reader.rest()
    #expect(values.prefix(3) == [.string("onStatus"), .number(0), .null])
    #expect(values[3]["code"] == .string("NetConnection.Connect.ReconnectRequest"))
    #expect(values[3]["level"] == .string("status"))
    #expect(values[3]["description"] == .string("maintenance"))
  }

  @Test("a client without extensions is told of none, and never asked to connect again")
  func plainClient() throws {
    var client = Client()
    try client.handshake()
    try client.connect("live", ["fourCcList": .null])
    let answer = try #require(try client.commands().last)
    #expect(answer[3]["capsEx"] == nil && answer[3]["fourCcList"] == nil)
    let wasAsked = client.session.requestReconnect("maintenance")
    #expect(!wasAsked && client.session.output.isEmpty)
  }

  @Test("commands in AMF 3 messages count as well")
  func amf3() throws {
    var client = Client()
    try client.handshake()
    let application: AMF0Value = .object(["app": .string("a")])
    let connect: [AMF0Value] = [.string("connect"), .number(1), application]
    _ = try client.send(connect, type: RTMPMessage.Kind.command3)
    #expect(try client.commands().first?.first == .string("_result"))
  }

  @Test("a refused client gets BadName, and may ask again")
  func refusal() throws {
    var client = Client()
    try client.handshake()
    try client.connect()
    _ = try client.publish()
    _ = try client.received()
    client.session.refuse("no")
    let status = try #require(try client.commands().first)
    #expect(status[3]["code"] == .string("NetStream.Publish.BadName"))
    #expect(status[3]["level"] == .string("error"))
    #expect(try client.publish().count == 1)
  }

  @Test("media before the permission is dropped")
  func earlyMedia() throws {
    var client = Client()
    try client.handshake()
    try client.connect()
    let audio = RTMPMessage(type: 8, payload: [0xAF, 1, 2])
    #expect(try client.send(audio) == [])
    _ = try client.publish()
    #expect(try client.send(audio) == [])
  }

  @Test("unknown commands with a transaction get an error, others nothing")
  func unknownCommands() throws {
    var client = Client()
    try client.handshake()
    try client.connect()
    _ = try client.received()
    _ = try client.send([.string("_checkbw"), .number(9), .null])
    #expect(try client.commands().first?[0] == .string("_error"))
    _ = try client.send([.string("whatever"), .number(0), .null])
    #expect(client.session.output.isEmpty)
  }

  @Test("a ping is answered, and received bytes are acknowledged")
  func control() throws {
    var client = Client()
    try client.handshake()
    try client.connect()
    _ = try client.received()
    _ = try client.send(RTMPMessage(type: 4, payload: [0, 6, 1, 2, 3, 4]))
    #expect(try client.received().map(\.payload) == [[0, 7, 1, 2, 3, 4]])
    _ = try client.send(RTMPMessage(type: 5, payload: [0, 0, 0x10, 0]))
    _ = try client.received()
    _ = try client.send(RTMPMessage(type: 18, payload: Array(repeating: 5, count: 4000)))
    #expect(try client.received().map(\.type) == [3])
  }

  @Test("the wrong order and wrong versions are errors")
  func order() throws {
    var client = Client()
    #expect(throws: RTMPError.version(6)) { try client.send([6]) }
    client = Client()
    try client.handshake()
    #expect(throws: RTMPError.order(command: .publish)) { try client.publish() }
    client = Client()
    try client.handshake()
    try client.connect()
    #expect(throws: RTMPError.order(command: .connect)) { try client.connect() }
    client = Client()
    try client.handshake()
    #expect(throws: RTMPError.control(type: 1)) {
      try client.send(RTMPMessage(type: 1, payload: [1]))
    }
    #expect(throws: RTMPError.command(.truncated)) {
      try client.send(RTMPMessage(type: 20, payload: [2, 0, 9]))
    }
  }

  @Test(
    "application and name form one path",
    arguments: [
      ("live", "key", "live/key"), ("live/", "/key", "live/key"), ("a/b", "c?d=e", "a/b/c"),
      ("live", "", "live"), ("", "", ""),
    ])
  func targets(application: String, name: String, path: String) throws {
    let target = try #require(PublisherPath(application: application, name: name))
    #expect(target.path == path)
    #expect(target.stream == String(path.split(separator: "/").first ?? ""))
  }
}
