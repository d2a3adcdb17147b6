import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel
import GenkiTensor

/// `chat`: talks with a model at a terminal.
struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk with a model.",
    discussion: """
      The model's own chat template is used, and sampling as its generation_config.json \
      says. /help lists what can be done besides talking; Ctrl-C ends a reply, Ctrl-D the chat.

      EXAMPLES:
        genki-minerd chat --model dama
        genki-minerd chat --model base --adapter mine --system "Answer in verse." --temperature 0
      """)

  @OptionGroup var asked: ModelOptions
  @Option(help: ArgumentHelp("What the system says first.", valueName: "text"))
  var system: String?
  @OptionGroup var sampling: SamplingOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens of a reply at most. (default: until the model ends it)", valueName: "n"))
  var maxTokens: Int?
  @OptionGroup var conversation: ConversationOptions

  func run() throws {
    try check()
    let console = Console()
    defer { try? console.finish() }
    let terminal = Terminal()
    let signals = try TerminalSignals(terminal)
    // From here on what is typed is kept for the first prompt, also while the model is loaded.
    terminal.hold()
    defer { terminal.release() }
    var chat = try Chat(
      setting(console), system: system, console: console, terminal: terminal, signals: signals)
    console.note(
      "(\(URL(filePath: asked.model).lastPathComponent); /help lists what can be done, Ctrl-D ends)"
    )
    try chat.run()
  }

  private func check() throws {
    try sampling.check()
    if let maxTokens { try UsageError.check("--max-tokens", maxTokens, in: 1...1_000_000) }
    _ = try conversation.choice(showsToday: true)
    try asked.check()
    guard Terminal.isThere() else {
      throw UsageError(
        "chat", "it needs a terminal to read from and to write to",
        advice: "for programs there is: genki-minerd generate --messages FILE")
    }
  }

  private func setting(_ console: Console) throws -> Chat.Setting {
    let (model, tokenizer) = try asked.loadForWriting()
    let writer = try ConversationWriter(
      modelFolder: asked.model, tokenizer: tokenizer,
      choice: conversation.choice(showsToday: true))
    if writer.isPlain {
      console.note("(the model has no chat template: turns are written with their speakers' names)")
    }
    let defaults = try GenerationDefaults.load(folder: asked.model)
    for key in defaults.notApplied {
      console.note("(generation_config.json sets \(key), which is not applied)")
    }
    let (generator, context) = try Self.generator(model, threads: asked.threadCount)
    return Chat.Setting(
      generator: generator, tokenizer: tokenizer, context: context,
      writer: writer, ends: try asked.endTokens(model.configuration).union(writer.replyEnds),
      sampling: sampling.settings(over: defaults),
      maxTokens: maxTokens ?? defaults.maximumNewTokens,
      seed: sampling.seed ?? UInt64.random(in: .min ... .max))
  }

  /// Memory is taken as it is used; of models that can look far back not all is asked for.
  private static let contextMaximum = 32_768
  private static let contextMinimum = 2_048

  /// A generator with the longest context that the memory has room for.
  private static func generator(
    _ model: DecodingModel, threads: Int
  ) throws -> (Generator, context: Int) {
    var context = min(model.configuration.maxPositions, contextMaximum)
    while true {
      do {
        return (
          try Generator(model: model, contextLength: context, threads: threads), context
        )
      } catch TensorError.outOfMemory where context / 2 >= contextMinimum {
        context /= 2
      }
    }
  }
}
