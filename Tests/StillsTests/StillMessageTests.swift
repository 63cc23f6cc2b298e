// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Sharing
import Stills
import Testing

@Suite("Messages of the process of stills")
struct StillMessageTests {
  private static let orders: [StillOrder] = [
    .process(version: ChildMessage.version, memory: 1 << 30),
    .open(decoder: 7, header: [1, 2, 3]), .begin(decoder: 0),
    .media(decoder: 1, through: 29, SharedBytes([4, 5])), .media(decoder: 1, through: 3, .init([])),
    .still(decoder: 2, ticket: 77, width: 640),
  ]

  private static func read(_ bytes: [UInt8], _ payload: SharedBytes?) throws -> StillOrder {
    try StillOrder(
      MessageHead(Array(bytes.prefix(MessageHead.size))),
      Array(bytes.dropFirst(MessageHead.size)), payload: payload)
  }

  @Test("an order that was written is read again", arguments: 0..<6)
  func order(index: Int) throws {
    let order = Self.orders[index]
    let again = try Self.read(order.bytes, order.payload)
    #expect(again.bytes == order.bytes && again.payload?.array == order.payload?.array)
  }

  @Test("an order that is cut, has more bytes, or values out of range is refused")
  func refused() {
    for order in Self.orders {
      let bytes = order.bytes
      for count in MessageHead.size..<bytes.count {
        #expect(throws: MessageError.self) { try Self.read(Array(bytes[..<count]), order.payload) }
      }
      #expect(throws: MessageError.self) { try Self.read(bytes + [0], order.payload) }
    }
    let orders: [StillOrder] = [
      .begin(decoder: StillOrder.decoders), .process(version: 1, memory: 1),
      .still(decoder: 0, ticket: 0, width: StillOrder.maximumWidth + 1),
      .process(version: ChildMessage.version, memory: 0),
    ]
    for order in orders {
      #expect(throws: MessageError.self) { try Self.read(order.bytes, order.payload) }
    }
  }

  @Test("an answer that was written is read again")
  func answers() throws {
    let answers: [StillAnswer] = [
      .hello(version: ChildMessage.version, protections: 7),
      .still(ticket: 3, endsGroup: true, SharedBytes([9, 8])),
      .refused(ticket: 4, reason: String(repeating: "é", count: 900)),
    ]
    for answer in answers {
      let bytes = answer.bytes
      let head = try MessageHead(Array(bytes.prefix(MessageHead.size)))
      let again = try StillAnswer(
        head, Array(bytes.dropFirst(MessageHead.size)), payload: answer.payload)
      #expect(again.bytes == bytes && again.payload?.array == answer.payload?.array)
    }
  }
}
