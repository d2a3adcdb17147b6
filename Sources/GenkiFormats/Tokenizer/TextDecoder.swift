/// Puts the texts of tokens together, one after another. What may still change stays in `pending`.
struct TextDecoder: Sendable {
  /// Text that is certain and has not been taken yet: UTF-8, in byte-level BPE perhaps broken.
  private(set) var certain: [UInt8] = []
  private let rules: DecodingRules
  /// Bytes of a run of tokens that stand for single bytes.
  private var run: [UInt8] = []
  private var isFirst = true
  private var blanksToStrip: Int

  init(_ rules: DecodingRules) {
    self.rules = rules
    if case .characters(let rules) = rules {
      blanksToStrip = rules.stripsBlanks
    } else {
      blanksToStrip = 0
    }
  }

  /// Adds a token by the bytes of its text.
  mutating func append(_ token: ArraySlice<UInt8>) {
    guard case .characters(let rules) = rules else {
      certain.append(contentsOf: token)
      return
    }
    defer { isFirst = false }
    if rules.dropsMetaspacesAtStart, isFirst {
      let rest = Self.replacing(Metaspace.bytes, by: [], in: Array(token))
      emit(rest[...])
      return
    }
    var text = token
    for replacement in rules.replacements where text.count >= replacement.pattern.count {
      text = Self.replacing(replacement.pattern, by: replacement.content, in: Array(text))[...]
    }
    if rules.readsBytes, let byte = Self.byte(text) {
      run.append(byte)
    } else {
      endRun()
      emit(text)
    }
  }

  /// Everything has been appended.
  mutating func finish() { endRun() }

  /// Hands over the text that is certain, but for `count` bytes at its end.
  mutating func take(leaving count: Int = 0) -> String {
    let text = String(decoding: certain.dropLast(count), as: UTF8.self)
    certain.removeFirst(certain.count - count)
    return text
  }

  private mutating func endRun() {
    guard !run.isEmpty else { return }
    if run.withUnsafeBytes(UTF8Text.isValid) {
      emit(run[...])
    } else {
      for _ in run { emit(UTF8.encodedReplacementCharacter.map { $0 }[...]) }
    }
    run.removeAll(keepingCapacity: true)
  }

  private mutating func emit(_ text: ArraySlice<UInt8>) {
    var text = text
    while blanksToStrip > 0, let first = text.first {
      guard first == UInt8(ascii: " ") else {
        blanksToStrip = 0
        break
      }
      text.removeFirst()
      blanksToStrip -= 1
    }
    certain.append(contentsOf: text)
  }

  /// The byte that `<0x0A>` stands for. The reference library takes a sign for a digit.
  private static func byte(_ text: ArraySlice<UInt8>) -> UInt8? {
    guard text.count == 6, text.starts(with: Array("<0x".utf8)), text.last == UInt8(ascii: ">")
    else { return nil }
    let digits = text.dropFirst(3).dropLast()
    return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func replacing(
    _ pattern: [UInt8], by content: [UInt8], in text: [UInt8]
  ) -> [UInt8] {
    text.withUnsafeBufferPointer {
      TextNormalizer(steps: [.replace(pattern, with: content)]).normalized($0)
    } ?? text
  }
}
