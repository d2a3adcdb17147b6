extension WeightSet {
  /// What GPT-2's and GPT-Neo's published files leave out of the names of their tensors.
  private static let leftOut = "transformer."

  /// What the files call the tensors of these names, and their names that nobody expects.
  package func fileNames(of expected: [String]) -> (found: [String: String], others: [String]) {
    let wanted = Set(expected)
    var found: [String: String] = [:]
    var others: [String] = []
    for name in names {
      let usual = wanted.contains(name) ? name : Self.leftOut + name
      if wanted.contains(usual), found[usual] == nil || usual == name {
        found[usual] = name
      } else {
        others.append(name)
      }
    }
    return (found, others)
  }

  /// The first of the names that nobody expects which is another name of one that is: two programs would read two
  /// models.
  package func twofold(_ others: [String], of expected: [String]) -> String? {
    let wanted = Set(expected)
    return others.first { wanted.contains(Self.leftOut + $0) }
  }
}
