import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiTrain

/// `finetune`: trains a base, or an adapter for it, on local data.
struct FinetuneCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Train a base model, or a LoRA adapter for it, on local text.",
    discussion: """
      Data are plain text, or JSONL (.jsonl) of texts, instructions or
      conversations in the shapes that docs/data-files.md lists; lines that
      are none are skipped and named. A run that was stopped or killed goes on with --resume and
      ends in the same bytes.

      EXAMPLES:
        genki-minerd finetune --base base --data mine.txt --out mine \\
          --steps 60 --batch 16 --block-size 128 --learning-rate 5e-4
        genki-minerd finetune --base base --data chats.jsonl --out adapter \\
          --method lora --rank 8 --learning-rate 2e-3 --resume
      """)

  @OptionGroup(title: "What is read and written") var files: FinetuneFileArguments
  @OptionGroup(title: "What is trained") var method: FinetuneMethodArguments
  @OptionGroup(title: "How long, and on how much at once") var batches: FinetuneBatchArguments
  @OptionGroup(title: "Optimiser (AdamW)") var optimizer: FinetuneOptimizerArguments
  @OptionGroup(title: "The run") var process: FinetuneProcessArguments
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    var options = FinetuneOptions(base: files.base, data: files.data, out: files.out)
    method.apply(to: &options)
    try batches.apply(to: &options)
    optimizer.apply(to: &options)
    try process.apply(to: &options)
    let run = try FinetuneRun(options)
    let display = FinetuneDisplay(console)
    let signal = StopSignal()
    defer { display.clear() }
    let outcome = try run.run(shouldStop: { signal.signalReceived != nil }) { event in
      console.event(event.json)
      display.show(event)
    }
    if case .stopped(let step, let checkpoint) = outcome {
      throw StoppedBySignal(
        signal: signal.signalReceived ?? 0,
        message: "stopped after step \(step), everything is kept in \(checkpoint): "
          + "run the same command with --resume to go on")
    }
  }
}
