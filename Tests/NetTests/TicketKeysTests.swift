// SPDX-License-Identifier: Apache-2.0

import Net
import Testing
import Time

@Suite("Keys of session tickets, RFC 5077 §4")
struct TicketKeysTests {
  private let keys = TicketKeys()
  private let start = MonotonicTime.origin + .seconds(1000)

  /// The name of the key that seals after a number of rotations.
  private func seals(after rotations: Int64) -> [UInt8] {
    keys.sealing(now: start + rotations * TicketKeys.rotation).name
  }

  @Test("a key seals for twelve hours, and then another one does")
  func rotation() {
    let first = keys.sealing(now: start)
    #expect(first.name.count == 16 && first.cipher.count == 32 && first.mac.count == 32)
    #expect(keys.sealing(now: start + TicketKeys.rotation - .nanoseconds(1)).name == first.name)
    let second = keys.sealing(now: start + TicketKeys.rotation)
    #expect(second.name != first.name && second.cipher != first.cipher && second.mac != first.mac)
  }

  @Test("two older keys still open tickets, a third one does not")
  func older() {
    let names = (0..<4).map { seals(after: $0) }
    let now = start + 3 * TicketKeys.rotation
    #expect(names.map { keys.opening($0, now: now)?.isNewest } == [nil, false, false, true])
  }

  @Test("a ticket of a key that no longer seals gets a new one, also while no ticket was made")
  func due() {
    let name = seals(after: 0)
    #expect(keys.opening(name, now: start)?.isNewest == true)
    #expect(keys.opening(name, now: start + TicketKeys.rotation)?.isNewest == false)
    #expect(keys.opening(name, now: start)?.key.cipher == keys.sealing(now: start).cipher)
  }

  @Test("names of other servers open nothing; each server has its own keys")
  func unknown() {
    #expect(keys.opening(seals(after: 0).reversed(), now: start)?.isNewest == nil)
    #expect(TicketKeys().opening(seals(after: 0), now: start)?.isNewest == nil)
    #expect(TicketKeys().sealing(now: start).name != TicketKeys().sealing(now: start).name)
  }
}
