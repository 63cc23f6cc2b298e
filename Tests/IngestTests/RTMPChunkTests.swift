// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

/// The messages in `bytes`, given to the reader in pieces of `size` bytes.
private func messages(
  _ bytes: [UInt8], size: Int = .max, _ reader: RTMPChunkReader = RTMPChunkReader()
) throws(RTMPError) -> [RTMPMessage] {
  var reader = reader
  var found: [RTMPMessage] = []
  var start = 0
  while start < bytes.count {
    let piece = Array(bytes[start..<min(bytes.count, start + min(size, bytes.count))])
    start += piece.count
    var offset = 0
    while let message = try reader.next(piece.span, at: &offset) {
      found.append(message)
      if message.type == RTMPMessage.Kind.chunkSize {
        try reader.setChunkSize(message.payload.reduce(0) { $0 << 8 | Int($1) })
      }
    }
  }
  return found
}

private func written(_ messages: [RTMPMessage], chunkSize: Int = 128) -> [UInt8] {
  var writer = RTMPChunkWriter()
  writer.chunkSize = chunkSize
  var bytes: [UInt8] = []
  for (index, message) in messages.enumerated() {
    writer.write(message, chunkStream: UInt8(3 + index % 3), to: &bytes)
  }
  return bytes
}

private var media: RTMPChunkReader {
  var reader = RTMPChunkReader()
  reader.takesMedia = true
  return reader
}

@Suite("Chunks of RTMP")
struct RTMPChunkTests {
  @Test("messages are read as written, in pieces of any size", arguments: [1, 2, 7, 129, 100_000])
  func roundTrip(size: Int) throws {
    let sent = [
      RTMPMessage(type: 20, payload: Array(repeating: 7, count: 300)),
      RTMPMessage(type: 9, timestamp: 40, stream: 1, payload: (0..<255).map { UInt8($0) }),
      RTMPMessage(type: 8, timestamp: 0xFF_FFFF, stream: 1, payload: Array(0..<200)),
      RTMPMessage(type: 9, timestamp: .max, stream: 1, payload: Array(repeating: 1, count: 128)),
      RTMPMessage(type: 8, timestamp: 1, stream: 1, payload: []),
    ]
    #expect(try messages(written(sent), size: size, media) == sent)
  }

  @Test("formats 1, 2 and 3 repeat the fields of the message before")
  func formats() throws {
    let bytes: [UInt8] =
      [0x04, 0, 0, 100, 0, 0, 2, 8, 1, 0, 0, 0, 1, 2]  // format 0, at 100 ms
      + [0x44, 0, 0, 20, 0, 0, 1, 9, 3]  // format 1: 20 ms later, another length and type
      + [0x84, 0, 0, 30, 4]  // format 2: 30 ms later
      + [0xC4, 5]  // format 3: 30 ms later
    let found = try messages(bytes, media)
    #expect(found.map(\.timestamp) == [100, 120, 150, 180])
    #expect(found.map(\.type) == [8, 9, 9, 9])
    #expect(found.map(\.payload) == [[1, 2], [3], [4], [5]])
    #expect(found.allSatisfy { $0.stream == 1 })
  }

  @Test("an extended timestamp is repeated by chunks of format 3")
  func extendedTimestamp() throws {
    let bytes: [UInt8] =
      [0x04, 0xFF, 0xFF, 0xFF, 0, 0, 130, 8, 1, 0, 0, 0, 1, 2, 3, 4]
      + Array(repeating: 9, count: 128) + [0xC4, 1, 2, 3, 4, 9, 9]
    let found = try messages(bytes, media)
    #expect(found.map(\.timestamp) == [0x0102_0304])
    #expect(found.first?.payload == Array(repeating: 9, count: 130))
  }

  @Test("chunk streams are numbered by one, two or three bytes")
  func numbers() throws {
    let header: [UInt8] = [0, 0, 5, 0, 0, 1, 8, 1, 0, 0, 0, 7]
    let bytes = [0x3F] + header + [0x00, 10] + header + [0x01, 10, 10] + header
    #expect(try messages(bytes, media).count == 3)
  }

  @Test("messages of several chunk streams interleave")
  func interleaving() throws {
    let bytes: [UInt8] =
      [0x04, 0, 0, 1, 0, 0, 130, 9, 1, 0, 0, 0] + Array(repeating: 1, count: 128)
      + [0x05, 0, 0, 2, 0, 0, 1, 8, 1, 0, 0, 0, 2] + [0xC4, 1, 1]
    #expect(try messages(bytes, media).map(\.payload.count) == [1, 130])
  }

  @Test("a new size of chunks applies to the next chunk")
  func chunkSize() throws {
    let large = RTMPMessage(type: 9, payload: Array(repeating: 3, count: 1000))
    let bytes =
      written([RTMPMessage(type: 1, payload: [0, 0, 4, 0])]) + written([large], chunkSize: 1024)
    #expect(try messages(bytes, media).last == large)
    var reader = RTMPChunkReader()
    #expect(throws: RTMPError.chunkSize) { try reader.setChunkSize(0) }
  }

  @Test("an aborted message is discarded")
  func abort() throws {
    var reader = media
    let start: [UInt8] =
      [0x04, 0, 0, 1, 0, 0, 130, 9, 1, 0, 0, 0] + Array(repeating: 1, count: 128)
    var offset = 0
    #expect(try reader.next(start.span, at: &offset) == nil)
    reader.abort(4)
    let next: [UInt8] = [0x04, 0, 0, 1, 0, 0, 1, 9, 1, 0, 0, 0, 5]
    offset = 0
    #expect(try reader.next(next.span, at: &offset)?.payload == [5])
  }

  @Test("limits end a hostile sender")
  func limits() throws {
    let streams: [UInt8] = Array(
      (0..<65).map { [0x00, UInt8($0), 0, 0, 1, 0, 0, 0, 8, 1, 0, 0, 0] as [UInt8] }.joined())
    #expect(throws: RTMPError.chunkStreams(limit: 64)) { try messages(streams, media) }
    let unfinished: [UInt8] = Array(
      (0..<17).map { index -> [UInt8] in
        [0x00, index, 0, 0, 1, 0, 1, 0, 8, 1, 0, 0, 0] + Array(repeating: 0, count: 128)
      }.joined())
    #expect(throws: RTMPError.unfinishedMessages(limit: 16)) { try messages(unfinished, media) }
    let command: [UInt8] = [0x03, 0, 0, 0, 0x01, 0, 1, 20, 0, 0, 0, 0]
    #expect(throws: RTMPError.messageSize(type: 20, size: 65_537, limit: 65_536)) {
      try messages(command, media)
    }
    // Media is expected only after the permission to publish.
    let video: [UInt8] = [0x03, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0]
    #expect(throws: RTMPError.messageSize(type: 9, size: 0xFF_FFFF, limit: 65_536)) {
      try messages(video)
    }
    let audio: [UInt8] = [0x03, 0, 0, 0, 0x10, 0, 1, 8, 1, 0, 0, 0]
    #expect(throws: RTMPError.messageSize(type: 8, size: 1_048_577, limit: 1_048_576)) {
      try messages(audio, media)
    }
    #expect(throws: RTMPError.chunkOrder) { try messages([0xC4, 0]) }
    let interrupted: [UInt8] =
      [0x04, 0, 0, 1, 0, 0, 130, 9, 1, 0, 0, 0] + Array(repeating: 1, count: 128)
      + [0x04, 0, 0, 1, 0, 0, 130, 9, 1, 0, 0, 0]
    #expect(throws: RTMPError.chunkOrder) { try messages(interrupted, media) }
  }

  @Test("unfinished messages together have a limit of bytes")
  func unfinishedBytes() throws {
    var reader = media
    var large: [UInt8] = []
    for id in [4, 5] as [UInt8] {
      large += [id, 0, 0, 1, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0]
      large += Array(repeating: 1, count: 11 << 20)
    }
    try reader.setChunkSize(11 << 20)
    var offset = 0
    #expect(throws: RTMPError.unfinishedBytes(limit: 20 << 20)) {
      while try reader.next(large.span, at: &offset) != nil {}
    }
  }
}
