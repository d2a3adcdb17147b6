/// Figures of the same thing, taken several times.
package struct Samples: Sendable, Equatable {
  /// In the order of their taking.
  package private(set) var values: [Double] = []

  package init(_ values: [Double] = []) { self.values = values }

  package mutating func add(_ value: Double) { values.append(value) }

  /// The middle value, or the mean of the two middle ones; nan without values.
  package var median: Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The smallest value; nan without values.
  package var minimum: Double { values.min() ?? .nan }
  /// The largest value; nan without values.
  package var maximum: Double { values.max() ?? .nan }
}
