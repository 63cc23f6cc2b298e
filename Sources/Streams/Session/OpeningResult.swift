// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Whether a source or an encoder could be opened by its thread; a start waits for it.
final class OpeningResult: Sendable {
  private enum State: Sendable {
    case pending, opened
    case failed(String)
  }

  private let state = Monitor(State.pending)

  /// Notes success; the first result stays.
  func succeed() {
    state.update { if case .pending = $0 { $0 = .opened } }
  }

  /// Notes an error; the first result stays.
  ///
  /// - Returns: whether this is the first result.
  @discardableResult
  func fail(_ error: any Error) -> Bool {
    let reason = "\(error)"
    return state.update { state in
      guard case .pending = state else { return false }
      state = .failed(reason)
      return true
    }
  }

  /// Blocks until there is a result: nil, or the reason of the failure.
  func wait() -> String? {
    let reason: String?? = state.wait { state in
      switch state {
      case .pending: nil
      case .opened: .some(nil)
      case .failed(let reason): .some(reason)
      }
    }
    return reason ?? nil
  }
}
