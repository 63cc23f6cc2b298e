// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("Status codes")
struct StatusCodeTests {
  @Test("class 4xx refuses permanently, but 408, 425 and 429 ask for another attempt")
  func lasting() {
    for status in [400, 401, 403, 404, 409, 410, 415, 499] {
      #expect(StatusCode.isLastingRefusal(status), "\(status)")
    }
    for status in [100, 200, 204, 302, 399, 408, 425, 429, 500, 503, 599, 0, -1] {
      #expect(!StatusCode.isLastingRefusal(status), "\(status)")
    }
  }
}
