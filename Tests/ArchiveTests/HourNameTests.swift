// SPDX-License-Identifier: Apache-2.0

import Archive
import Testing
import Time

@Suite("Names of hour files")
struct HourNameTests {
  @Test("the name has the UTC hour of the first frame")
  func name() {
    // 2026-11-23T04:59:59.999999999Z
    let time = WallTime.origin + .seconds(1_795_409_999) + .nanoseconds(999_999_999)
    let name = HourName(at: time, headerHash: "0a1b2c3d", isAudio: false)
    #expect(name.path == "2026-11-23/04-0a1b2c3d.cmfv")
    #expect(name.indexPath == "2026-11-23/04-0a1b2c3d.index")
    #expect(HourName(folder: "2026-11-23", file: "04-0a1b2c3d.cmfv") == name)
    let next = HourName(at: time + .nanoseconds(1), headerHash: "0a1b2c3d", isAudio: true)
    #expect(next.path == "2026-11-23/05-0a1b2c3d.cmfa")
    #expect(next.start == time + .nanoseconds(1))
  }

  @Test(
    "other names are refused",
    arguments: [
      ("2026-11-23", "24-0a1b2c3d.cmfv"), ("2026-02-29", "04-0a1b2c3d.cmfv"),
      ("2026-11-23", "04-0A1b2c3d.cmfv"), ("2026-11-23", "04-0a1b2c3d.mp4"),
      ("2026-11-23", "4-0a1b2c3d.cmfv"), ("..", "04-0a1b2c3d.cmfv"),
      ("2026-11-23", "04-0a1b2c3.cmfv"), ("2026-11-23-", "04-0a1b2c3d.cmfv"),
    ])
  func refused(_ names: (folder: String, file: String)) {
    #expect(HourName(folder: names.folder, file: names.file) == nil)
  }
}
