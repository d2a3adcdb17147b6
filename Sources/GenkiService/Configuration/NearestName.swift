/// Finds what a person meant who made a slip of the pen.
package enum NearestName {
  /// Longer names are not compared: they come from outside.
  private static let charactersMaximum = 64

  /// The candidate with the fewest changed letters; nil if none is close.
  package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    guard name.count <= charactersMaximum else { return nil }
    let limit = max(1, name.count / 3)
    return candidates.map { (name: $0, distance: distance(name, $0)) }
      .filter { $0.distance <= limit }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
  }

  /// Levenshtein's distance: letters inserted, removed or replaced.
  static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
      }
    }
    return row[right.count]
  }
}
