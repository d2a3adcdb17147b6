/// What happens to a text before it is cut into pieces: the file's `normalizer`.
struct TextNormalizer: Sendable, Equatable {
  /// One step.
  enum Step: Sendable, Equatable {
    /// Unicode normalization form C.
    case composed
    /// Puts a text before every text that is not empty.
    case prepend([UInt8])
    /// Puts one text in the place of another.
    case replace([UInt8], with: [UInt8])
  }

  /// The steps, in their order.
  var steps: [Step] = []

  /// The normalized text; nil if the text stays as it is.
  func normalized(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8]?
    for step in steps {
      if let current = result {
        result = current.withUnsafeBufferPointer { Self.carryOut(step, $0) } ?? current
      } else {
        result = Self.carryOut(step, text)
      }
    }
    return result
  }

  /// The normalized text with the place that each byte comes from; the text starts at `place`.
  func aligned(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> AlignedText {
    var result = AlignedText(text, at: place)
    for step in steps {
      switch step {
      case .composed: result.compose()
      case .prepend(let prefix): result.prepend(prefix)
      case .replace(let pattern, let content): result.replace(pattern, with: content)
      }
    }
    return result
  }

  /// The pattern that an added token is found by in normalized text.
  func pattern(of token: AddedToken) -> [UInt8] {
    let bytes = Array(token.content.utf8)
    guard token.isNormalized else { return bytes }
    return bytes.withUnsafeBufferPointer { normalized($0) } ?? bytes
  }

  /// Whether no text holds a blank after this.
  var removesBlanks: Bool {
    let blank = UInt8(ascii: " ")
    guard case .replace([blank], let content)? = steps.last else { return false }
    return !content.contains(blank)
  }

  private static func carryOut(_ step: Step, _ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    switch step {
    case .composed: return CanonicalComposer.normalized(text)
    case .prepend(let prefix): return text.isEmpty ? nil : prefix + text
    case .replace(let pattern, let content):
      var result: [UInt8]?
      var copied = 0
      forEach(pattern, in: text) { offset in
        var grown = result ?? []
        if result == nil { grown.reserveCapacity(text.count + text.count / 2) }
        result = nil
        grown.append(contentsOf: text[copied..<offset])
        grown.append(contentsOf: content)
        result = grown
        copied = offset + pattern.count
      }
      result?.append(contentsOf: text[copied...])
      return result
    }
  }

  /// Calls `body` for the places of a pattern, which do not overlap, from left to right.
  static func forEach(
    _ pattern: [UInt8], in text: UnsafeBufferPointer<UInt8>, _ body: (Int) -> Void
  ) {
    guard let first = pattern.first, pattern.count <= text.count else { return }
    var offset = 0
    while offset <= text.count - pattern.count {
      if text[offset] == first,
        pattern.count == 1
          || text[offset..<offset + pattern.count].elementsEqual(pattern)
      {
        body(offset)
        offset += pattern.count
      } else {
        offset += 1
      }
    }
  }
}
