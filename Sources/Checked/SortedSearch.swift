// SPDX-License-Identifier: Apache-2.0

extension Array {
  /// The index of the first element that is not `isBefore`; the array is in order.
  package func partition(_ isBefore: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      // bounded: indices of the array
      let middle = low + (high - low) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
