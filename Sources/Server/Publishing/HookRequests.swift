// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Publishing

/// The requests of one loop whose clients wait for the permission of the hook.
///
/// Confined to the loop's thread.
struct HookRequests {
  private let hooks: PublishHooks
  private let answers: AwaitedAnswers

  init(_ hooks: PublishHooks, loop: EventLoop) {
    self.hooks = hooks
    answers = AwaitedAnswers(loop: loop)
  }

  /// Calls `then` with the permission of the client of an exchange, at once or later.
  ///
  /// Without it the response is 403. If the client disconnects, nothing is called.
  func ask(
    _ exchange: any Exchange, _ event: PublishEvent, then: @escaping (PublishPermit) -> Void
  ) {
    if let permit = hooks.permit(event) { return then(permit) }
    answers.hold(exchange) { (answer: @escaping @Sendable (Answer) -> Void) in
      hooks.ask(event) { answer(Answer(permit: $0)) }
      return true
    } take: { answer in
      guard let permit = answer.permit else {
        return exchange.respond(AccessRefusal.notPermitted.response(to: .publishing))
      }
      then(permit)
    }
  }

  private struct Answer {
    let permit: PublishPermit?
  }
}
