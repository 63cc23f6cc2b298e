// SPDX-License-Identifier: Apache-2.0

import CTestSockets
import Glibc
import System
import Testing
import Time

@Suite("Notices to the supervisor")
struct ServiceNotifierTests {
  @Test(
    "without a socket, or with one that is no address, nothing is sent",
    arguments: [nil, "", "@", "relative", "/" + String(repeating: "x", count: 120)])
  func none(_ path: String?) {
    #expect(ServiceNotifier { $0 == "NOTIFY_SOCKET" ? path : nil } == nil)
  }

  @Test(
    "the watchdog's interval is for this process only",
    arguments: [
      ("3000000", nil, Interval.seconds(3)), ("3000000", "7", .seconds(3)),
      ("3000000", "8", nil), ("0", nil, nil), ("x", nil, nil), ("99999999999999999", nil, nil),
    ] as [(String, String?, Interval?)])
  func watchdog(_ row: (microseconds: String, process: String?, interval: Interval?)) throws {
    let variables = [
      "NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": row.microseconds, "WATCHDOG_PID": row.process,
    ]
    let notifier = try #require(ServiceNotifier(processID: 7) { variables[$0] ?? nil })
    #expect(notifier.watchdogInterval == row.interval)
  }
}
