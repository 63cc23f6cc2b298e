// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Publishing

extension AwaitedAnswers {
  private struct Answer {
    let permit: PublishPermit?
  }

  /// Calls `then` with the permission of the hooks for the client of an exchange, at once or later.
  ///
  /// Without it the response is 403. If the client disconnects, nothing is called.
  func ask(
    _ hooks: PublishHooks, _ exchange: any Exchange, _ event: PublishEvent,
    then: @escaping (PublishPermit) -> Void
  ) {
    if let permit = hooks.permit(event) { return then(permit) }
    hold(exchange) { (answer: @escaping @Sendable (Answer) -> Void) in
      hooks.ask(event) { answer(Answer(permit: $0)) }
      return true
    } take: { answer in
      guard let permit = answer.permit else {
        return exchange.respond(AccessRefusal.notPermitted.response(to: .publishing))
      }
      then(permit)
    }
  }
}
