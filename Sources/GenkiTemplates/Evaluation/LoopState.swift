/// What a `for` walks, with what `loop` tells of it.
final class LoopState {
  private var cursor: Cursor
  /// Nil where the length is not known before all is walked.
  private let knownLength: Int?
  private let accepts: ((Value) throws(TemplateError) -> Bool)?
  /// Items that were looked at before their turn.
  private var ahead: [Value] = []
  private var aheadStart = 0
  private var isExhausted = false
  /// While the next item is made: what makes it must not ask the loop for more.
  private var isPulling = false

  private(set) var index = -1
  private(set) var previous: Value?
  private var current: Value?
  var lastChanged: [Value]?
  private var length: Int?

  init(
    _ cursor: Cursor, length: Int?, accepts: ((Value) throws(TemplateError) -> Bool)?
  ) {
    self.cursor = cursor
    self.accepts = accepts
    knownLength = accepts == nil ? length : nil
  }

  private func pull(_ renderer: Renderer) throws(TemplateError) -> Value? {
    if isExhausted { return nil }
    guard !isPulling else { throw renderer.failed("generator already executing") }
    isPulling = true
    try renderer.enter()
    // What makes the items may look at this loop, so the cursor is not held while it runs.
    var walked = cursor
    defer {
      cursor = walked
      renderer.depth -= 1
      isPulling = false
    }
    while let item = try walked.next(renderer) {
      guard let accepts else { return item }
      try renderer.step()
      if try accepts(item) { return item }
    }
    isExhausted = true
    return nil
  }

  /// Goes on to the next item.
  func next(_ renderer: Renderer) throws(TemplateError) -> Value? {
    let item: Value
    if aheadStart < ahead.count {
      item = ahead[aheadStart]
      aheadStart += 1
    } else if let pulled = try pull(renderer) {
      item = pulled
    } else {
      return nil
    }
    if aheadStart == ahead.count {
      ahead.removeAll(keepingCapacity: true)
      aheadStart = 0
    }
    index += 1
    previous = current
    current = item
    return item
  }

  /// The item behind the current one.
  func peek(_ renderer: Renderer) throws(TemplateError) -> Value? {
    if aheadStart < ahead.count { return ahead[aheadStart] }
    guard let item = try pull(renderer) else { return nil }
    ahead.append(item)
    return item
  }

  /// How many items there are in all.
  func count(_ renderer: Renderer) throws(TemplateError) -> Int {
    if let knownLength { return knownLength }
    if let length { return length }
    while let item = try pull(renderer) {
      try renderer.allocate(32)
      ahead.append(item)
    }
    let found = index + 1 + ahead.count - aheadStart
    length = found
    return found
  }
}
