import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiFormats
import GenkiModel

/// `generate`: continues a text.
struct GenerateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue a text with a model.",
    discussion: """
      The most likely token is taken unless --temperature is above 0. A text ends
      at the end tokens of generation_config.json, or else of config.json.

      EXAMPLES:
        genki-minerd generate --model base --prompt "Once upon a time"
        genki-minerd generate --model base --adapter mine --prompt "Thou" \\
          --temperature 0.8 --top-p 0.95 --seed 7
      """)

  @OptionGroup var asked: ModelOptions
  @Option(help: ArgumentHelp("The text to continue.", valueName: "text"))
  var prompt: String
  @Option(parsing: .unconditional, help: ArgumentHelp("New tokens at most.", valueName: "n"))
  var maxTokens = 128
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("0 is greedy; 1 samples as the model says.", valueName: "x"))
  var temperature = 0.0
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from the n likeliest tokens.", valueName: "n"))
  var topK: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from the likeliest tokens of this share.", valueName: "x"))
  var topP: Double?
  @Option(parsing: .unconditional, help: ArgumentHelp("Decides the sampling.", valueName: "n"))
  var seed: UInt64 = 0
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    try check()
    let (model, tokenizer) = try asked.load()
    let ends = try asked.endTokens(model.configuration)
    let ids = try Prompt.ids(of: prompt, tokenizer, model.configuration, option: "--prompt")
    let (length, overflow) = ids.count.addingReportingOverflow(maxTokens)
    let context = min(model.configuration.maxPositions, overflow ? Int.max : length)
    let generator = try Generator(
      model: model, contextLength: context,
      threads: asked.threadCount)
    var decoder = StreamingDecoder(tokenizer: tokenizer)
    var text = ""
    func show(_ piece: String) {
      text += piece
      console.fragment(piece)
    }
    let signal = StopSignal()
    let start = ContinuousClock.now
    let generation = try generator.generate(
      prompt: ids, maximumTokens: maxTokens,
      sampling: SamplingSettings(temperature: temperature, topK: topK, topP: topP), seed: seed,
      stop: ends
    ) { id in
      show(decoder.append(id))
      return signal.signalReceived == nil
    }
    show(decoder.finish())
    console.line()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let speed = seconds > 0 ? Double(generation.ids.count) / seconds : 0
    if let number = signal.signalReceived {
      throw StoppedBySignal(signal: number, message: "stopped after \(generation.ids.count) tokens")
    }
    if console.errorIsTerminal {
      console.note("\(generation.ids.count) tokens, \(HumanUnits.decimal(speed, places: 1)) tokens/s")
    }
    console.document(
      .object([
        "prompt": .string(prompt), "prompt_ids": .array(ids.map { .integer(Int64($0)) }),
        "ids": .array(generation.ids.map { .integer(Int64($0)) }), "text": .string(text),
        "tokens": JSONValue(generation.ids.count), "tokens_per_second": .number(speed),
      ]))
  }

  private func check() throws {
    try UsageError.check("--max-tokens", maxTokens, in: 1...1_000_000)
    try UsageError.check("--temperature", temperature, in: 0...100)
    if let topK { try UsageError.check("--top-k", topK, in: 1...10_000_000) }
    if let topP { try UsageError.check("--top-p", topP, in: 1e-6...1) }
    try asked.check()
  }
}
