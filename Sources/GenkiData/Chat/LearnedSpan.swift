import GenkiTemplates

/// A part of a rendered conversation that a model learns to say, in bytes.
struct LearnedSpan: Equatable {
  /// Where it begins.
  var begin: Int
  /// Behind its last word.
  var wordsEnd: Int
  /// The token that ends it is looked for up to here.
  var limit: Int

  /// The parts to be learned: what the template marks by `{% generation %}`, or else of each turn the
  /// words, from behind the start of a reply, and what the template writes up to the token that ends it.
  ///
  /// - Parameter isLearned: One entry a message.
  static func spans(
    of text: RenderedText, isLearned: [Bool], replyStarts: [ReplyStart]
  ) -> [LearnedSpan] {
    guard text.generation.isEmpty else {
      return text.generation.compactMap { range in
        marked(range, in: text, isLearned: isLearned)
      }
    }
    return turns(of: text, count: isLearned.count).filter { isLearned[$0.message] }.map { turn in
      let start = ReplyStart.length(
        in: text.utf8[turn.previousEnd..<turn.begin], starts: replyStarts)
      let begin = text.replyBegin(turn.previousEnd + start, after: turn.previousEnd)
      return LearnedSpan(begin: begin, wordsEnd: turn.end, limit: turn.nextBegin)
    }
  }

  /// A marked part, unless it is of a turn that is not learned.
  private static func marked(
    _ range: Range<Int>, in text: RenderedText, isLearned: [Bool]
  ) -> LearnedSpan? {
    let first = text.runs.firstPlace { $0.end >= range.lowerBound }
    var start = first > 0 ? text.runs[first - 1].end : 0
    for run in text.runs[first...] {
      if start > range.upperBound { break }
      defer { start = run.end }
      guard run.mark > 0 else { continue }
      let isInside = start < range.upperBound && run.end > range.lowerBound
      guard isInside || start == run.end else { continue }
      let message = Int(run.mark) - 1
      if message < isLearned.count, !isLearned[message] { return nil }
    }
    return LearnedSpan(
      begin: range.lowerBound, wordsEnd: range.upperBound, limit: range.upperBound)
  }

  /// A turn's words in the text, and where its neighbours' are.
  private struct Turn {
    var message: Int
    var previousEnd: Int
    var begin: Int
    var end: Int
    var nextBegin: Int
  }

  /// The turns whose words are there, each once, in the order of the text. A run without bytes is where
  /// empty words stand.
  private static func turns(of text: RenderedText, count: Int) -> [Turn] {
    var turns: [Turn] = []
    var start = 0
    var lastMark: Int32 = 0
    var lastEnd = 0
    for run in text.runs {
      defer { start = run.end }
      guard run.mark > 0 else { continue }
      if run.mark == lastMark {
        if let last = turns.indices.last, turns[last].message == Int(run.mark) - 1 {
          turns[last].end = run.end
        }
      } else {
        if let last = turns.indices.last, turns[last].nextBegin > start {
          turns[last].nextBegin = start
        }
        turns.append(
          Turn(
            message: Int(run.mark) - 1, previousEnd: lastEnd, begin: start, end: run.end,
            nextBegin: text.utf8.count))
      }
      lastMark = run.mark
      lastEnd = run.end
    }
    var seen: Set<Int> = []
    return turns.filter { $0.message < count && seen.insert($0.message).inserted }
  }
}

extension RenderedText {
  /// Where a reply begins whose header ends at a place: there, or where the statement begins that writes
  /// on, if all that this statement adds to the header is white space. A template that breaks the line
  /// together with the reply and not with the header means it to be the reply's.
  fileprivate func replyBegin(_ headerEnd: Int, after previousEnd: Int) -> Int {
    let next = statementEnds.firstPlace { $0 > headerEnd }
    guard next > 0, next < statementEnds.count else { return headerEnd }
    let begin = statementEnds[next - 1]
    guard begin > previousEnd, begin < headerEnd,
      utf8[begin..<headerEnd].allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) })
    else { return headerEnd }
    return begin
  }
}

extension Array {
  /// The first place from which on a condition holds that, once it holds, goes on to hold.
  fileprivate func firstPlace(where holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
