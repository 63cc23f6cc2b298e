// SPDX-License-Identifier: Apache-2.0

import Validation

extension PlantedFault {
  /// What is found of each fault, in the order of `all`: followed once for all tests.
  static let validations = Task {
    await withTaskGroup(of: (Int, Validation).self) { group in
      for (index, fault) in all.enumerated() { group.addTask { (index, fault.validation()) } }
      return await group.reduce(into: [Int: Validation]()) { $0[$1.0] = $1.1 }
    }
  }

  /// The result of following an origin with this fault for its virtual time.
  private func validation() -> Validation {
    let origin = ScriptedOrigin()
    plant(origin)
    return Validation("http://origin/\(address.rawValue)", origin, seconds: seconds)
  }
}
