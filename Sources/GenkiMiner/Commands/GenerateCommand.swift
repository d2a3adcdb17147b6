import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel

/// `generate`: continues a text, or answers a conversation.
struct GenerateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue a text with a model, or answer a conversation.",
    discussion: """
      The most likely token is taken unless --temperature is above 0. A text ends
      at the end tokens of generation_config.json, or else of config.json.

      --messages reads a JSON array of turns, {"role": …, "content": …}, or an object
      with such an array as "messages" and "tools" beside it, and writes it as the
      model's own chat template does.

      EXAMPLES:
        genki-minerd generate --model base --prompt "Once upon a time"
        genki-minerd generate --model base --adapter mine --prompt "Thou" \\
          --temperature 0.8 --top-p 0.95 --seed 7
        echo '[{"role": "user", "content": "Who are you?"}]' |
          genki-minerd generate --model dama --messages -
      """)

  @OptionGroup var asked: ModelOptions
  @Option(help: ArgumentHelp("The text to continue.", valueName: "text"))
  var prompt: String?
  @Option(
    help: ArgumentHelp(
      "The conversation to answer, as JSON; - reads it from the standard input.",
      valueName: "file"))
  var messages: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      New tokens at most. (default: \(GenerateQuestion.textTokens), of a reply \
      \(GenerateQuestion.replyTokens))
      """, valueName: "n"))
  var maxTokens: Int?
  @OptionGroup var sampling: SamplingOptions
  @OptionGroup var conversation: ConversationOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    try check()
    let given = try messages.map(ConversationFile.init(path:))
    let (model, tokenizer) = try asked.loadForWriting()
    let question = try question(given, tokenizer, model.configuration)
    let maxTokens = maxTokens ?? question.maxTokens
    let (length, overflow) = question.ids.count.addingReportingOverflow(maxTokens)
    let context = min(model.configuration.maxPositions, overflow ? Int.max : length)
    let generator = try Generator(
      model: model, contextLength: context, threads: asked.threadCount)
    var shown = ShownText(
      tokenizer, skipSpecialTokens: question.isConversation,
      console: console)
    let signal = StopSignal()
    let start = ContinuousClock.now
    let generation = try generator.generate(
      prompt: question.ids, maximumTokens: maxTokens,
      sampling: SamplingSettings(
        temperature: sampling.temperature ?? 0, topK: sampling.topK, topP: sampling.topP),
      seed: sampling.seed ?? 0, stop: question.ends
    ) { id in
      shown.append(id)
      return signal.signalReceived == nil
    }
    shown.finish()
    console.line()
    if let number = signal.signalReceived {
      throw StoppedBySignal(
        signal: number, message: "stopped after \(generation.ids.count) tokens")
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let speed = seconds > 0 ? Double(generation.ids.count) / seconds : 0
    if console.errorIsTerminal {
      console.note(
        "\(generation.ids.count) tokens, \(HumanUnits.decimal(speed, places: 1)) tokens/s"
          + ", ended by \(generation.end.words)")
    }
    console.document(question.document(generation, text: shown.text, speed: speed))
  }

  private func question(
    _ given: ConversationFile?, _ tokenizer: Tokenizer, _ configuration: ModelConfiguration
  ) throws -> GenerateQuestion {
    let ends = try asked.endTokens(configuration)
    guard let given else {
      let text = prompt ?? ""
      return GenerateQuestion(
        text: text,
        ids: try Prompt.ids(of: text, tokenizer, configuration, option: "--prompt"), ends: ends)
    }
    let writer = try ConversationWriter(
      modelFolder: asked.model, tokenizer: tokenizer,
      choice: conversation.choice(showsToday: false))
    return GenerateQuestion(
      text: nil, ids: try given.prompt(writer), ends: ends.union(writer.replyEnds))
  }

  private func check() throws {
    guard (prompt == nil) != (messages == nil) else {
      throw UsageError(
        "--prompt and --messages", prompt == nil ? "neither is given" : "both are given",
        advice: "give one: a text to continue, or a conversation to answer")
    }
    if messages == nil, let option = conversation.firstGiven {
      throw UsageError(
        option, "--prompt is continued as it is", advice: "give a conversation with --messages")
    }
    if let maxTokens { try UsageError.check("--max-tokens", maxTokens, in: 1...1_000_000) }
    _ = try conversation.choice(showsToday: false)
    try sampling.check()
    try asked.check()
  }
}
