import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel

/// A chat at a terminal: reads what is typed and lets the model answer, until somebody ends it.
struct Chat {
  /// What a chat does not change.
  struct Setting {
    let generator: Generator
    let tokenizer: Tokenizer
    /// The tokens that the model can look at.
    let context: Int
    let writer: ConversationWriter
    let ends: Set<Int32>
    let sampling: SamplingSettings
    /// The most tokens of a reply; nil lets it go on to its end, or as far as the context goes.
    let maxTokens: Int?
    let seed: UInt64
  }

  private static let prompt = "> "
  /// What a reply may need at least, where an older exchange can go for it.
  private static let replyTokens = 256

  /// Tokens that are read between looks at the keyboard.
  private static let pieceTokens = 256

  private let setting: Setting
  private let console: Console
  private let signals: TerminalSignals
  private var reader: LineReader
  private var session: ChatSession
  private var archive = ChatArchive()
  /// What the model has read last.
  private var computed: [Int32] = []
  /// Each reply draws other numbers.
  private var replies: UInt64 = 0

  init(
    _ setting: Setting, system: String?, console: Console, terminal: Terminal,
    signals: TerminalSignals
  ) {
    self.setting = setting
    self.console = console
    self.signals = signals
    session = ChatSession(system: system)
    reader = LineReader(terminal: terminal, signals: signals, console: console)
  }

  /// - Throws: `ExitCode` when Ctrl-C ends it.
  mutating func run() throws {
    while true {
      switch try reader.next(prompt: Self.prompt, refused: note) {
      case .ended: return
      case .interrupted: throw ExitCode(128 + SIGINT)
      case .text(let text):
        switch ChatInput(text) {
        case .nothing: break
        case .say(let text): try answer(text)
        case .reset:
          session.reset()
          note("what was said is forgotten")
        case .save(let path): save(path)
        case .help: console.note(ChatInput.commands)
        case .exit: return
        case .refused(let sentence): note(sentence)
        }
      }
    }
  }

  private func note(_ sentence: String) { console.note("(\(sentence))") }

  private mutating func save(_ path: String) {
    do {
      note("saved in \(try archive.save(session, to: path))")
    } catch {
      note("\(error)")
    }
  }

  private mutating func answer(_ text: String) throws {
    var asked = session
    asked.ask(text)
    let reply: Reply
    do {
      reply = try self.reply(to: &asked)
    } catch let error as any ReportableError where error.kind == .invalidData {
      // The template or the context does not take this turn; the chat goes on without it.
      note("\(error)")
      return
    }
    if reply.end == .stopped, reply.text.isEmpty {
      note("stopped before the first word: the question is taken back")
      return
    }
    asked.answer(reply.text)
    session = asked
    tell(reply)
    console.line()
  }

  private func tell(_ reply: Reply) {
    if reply.forgotten > 0 {
      let exchanges =
        reply.forgotten == 1
        ? "the oldest exchange is" : "the \(reply.forgotten) oldest exchanges are"
      note("the context of \(setting.context) tokens is full: \(exchanges) forgotten")
    }
    switch reply.end {
    case .endToken: break
    case .length: note("cut after \(setting.maxTokens ?? setting.context) tokens")
    case .contextFull: note("cut: the context of \(setting.context) tokens is full")
    case .stopped: note("stopped; Ctrl-C again ends the chat")
    }
  }

  /// What the model said, and why it ended.
  private struct Reply {
    let text: String
    let end: Generation.End
    /// How many exchanges had to go for it.
    let forgotten: Int
  }

  /// Shows a reply as it comes. Where it fills the context the oldest exchange goes and it goes on.
  private mutating func reply(to asked: inout ChatSession) throws -> Reply {
    var ids: [Int32] = []
    var end = Generation.End.contextFull
    var forgotten = 0
    var shown = ShownText(setting.tokenizer, skipSpecialTokens: true, console: console)
    let limit = setting.maxTokens ?? setting.context
    let reserve = min(limit, Self.replyTokens, setting.context / 4)
    repeat {
      let prompt = try asked.prompt(
        context: setting.context, reserve: reserve, reply: ids, encode: encode)
      forgotten += prompt.forgotten
      replies += 1
      guard try read(prompt.ids) else {
        end = .stopped
        break
      }
      let generation = try setting.generator.generate(
        prompt: prompt.ids, maximumTokens: limit - ids.count, sampling: setting.sampling,
        seed: setting.seed &+ replies, stop: setting.ends
      ) { id in
        shown.append(id)
        return !signals.isStopAsked
      }
      ids += generation.ids
      computed = prompt.ids + generation.ids
      end = generation.end
    } while end == .contextFull && asked.hasOlderExchange
    shown.finish()
    if let last = shown.text.last, last != "\n" { console.line() }
    return Reply(text: shown.text, end: end, forgotten: forgotten)
  }

  private func encode(_ messages: [ChatMessage]) throws -> [Int32] {
    do {
      return try setting.writer.prompt(Conversation(messages))
    } catch {
      throw ConversationError("this turn", error)
    }
  }

  /// Lets the model read a prompt piece by piece, so that Ctrl-C need not wait for all of it; false when
  /// it came. What is read stays computed, and what was computed before is not read again.
  private mutating func read(_ ids: [Int32]) throws -> Bool {
    let known = zip(ids, computed).prefix { $0 == $1 }.count
    for end in stride(from: known + Self.pieceTokens, to: ids.count, by: Self.pieceTokens) {
      if signals.isStopAsked { return false }
      _ = try setting.generator.generate(prompt: Array(ids[..<end]), maximumTokens: 1)
      computed = Array(ids[..<end])
    }
    return !signals.isStopAsked
  }
}
