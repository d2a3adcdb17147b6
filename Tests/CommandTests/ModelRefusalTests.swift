import Foundation
import GenkiCore
import TestSupport
import Testing

/// A model folder that cannot be used is refused by every command that reads one, with what to do.
struct ModelRefusalTests {
  private let folder: TemporaryFolder
  private let good = Vectors.path("cases/07-epochs-rounded-up-each-time/base")
  private let text = Vectors.path("cases/01-full-finetune-of-16-bit-base-is-rejected/text.txt")
  private static let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"

  init() throws { folder = try TemporaryFolder() }

  /// What is done to a good folder, and the words that must stand in the refusal.
  struct Damage: Sendable, CustomTestStringConvertible {
    let removed: [String]
    let written: [String: String]
    let says: [String]
    var testDescription: String { says[0] }
  }

  static let damages: [Damage] = [
    Damage(
      removed: [], written: ["model.safetensors": pointer],
      says: ["model.safetensors", "git lfs pull"]),
    Damage(
      removed: [], written: ["tokenizer.json": pointer], says: ["tokenizer.json", "git lfs pull"]),
    Damage(
      removed: ["model.safetensors", "config.json", "tokenizer.json"],
      written: ["SmolLM2-Q8_0.gguf": "GGUF"], says: ["SmolLM2-Q8_0.gguf", "made from"]),
    Damage(
      removed: ["model.safetensors"], written: ["pytorch_model.bin": "PK"],
      says: ["pytorch_model.bin", "save_pretrained"]),
    Damage(removed: ["tokenizer.json"], written: [:], says: ["tokenizer.json", "repository"]),
    Damage(
      removed: ["tokenizer.json"], written: ["tokenizer.model": "x"],
      says: ["tokenizer.model", "AutoTokenizer"]),
    Damage(removed: ["config.json"], written: [:], says: ["config.json", "give a folder with"]),
    Damage(
      removed: [], written: ["model.safetensors": ""], says: ["model.safetensors", "0 bytes"]),
  ]

  private func damaged(_ damage: Damage) throws -> String {
    let path = folder.file("model")
    try FileManager.default.copyItem(atPath: good, toPath: path)
    for name in damage.removed { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    for (name, text) in damage.written {
      unlink("\(path)/\(name)")
      try folder.write(text, to: "model/\(name)")
    }
    return path
  }

  private func refused(_ program: String, _ arguments: [String], _ damage: Damage) throws {
    let run = try ProgramRun(program, arguments)
    #expect(run.status == ErrorKind.invalidData.rawValue, "\(arguments[0]): \(run.errors)")
    for word in damage.says {
      #expect(run.errors.contains(word), "\(arguments[0]): \(run.errors)")
    }
  }

  @Test(arguments: damages)
  func aBaseIsRefusedWithWhatToDo(_ damage: Damage) throws {
    let path = try damaged(damage)
    let out = folder.file("out")
    try refused(
      "genki-minerd",
      ["finetune", "--base", path, "--data", text, "--out", out, "--steps", "1"], damage)
    #expect(!FileManager.default.fileExists(atPath: out))
    try refused("genki-minerd", ["generate", "--model", path, "--prompt", "Who"], damage)
    try refused(
      "genki-validatord", ["evaluate", "--base", path, "--data", text, "--block-size", "32"],
      damage)
  }

  @Test(arguments: [0, 3, 7])
  func aScoredModelIsRefusedWithTheReason(_ index: Int) throws {
    let damage = Self.damages[index]
    let run = try ProgramRun(
      "genki-validatord",
      [
        "score", "--base", good, "--model", try damaged(damage), "--data", text, "--block-size",
        "32", "--json",
      ])
    let verdict = try run.document()["scores"]?.arrayValue?.first
    #expect(verdict?["verdict"] == "rejected")
    let reason = verdict?["reason"]?.stringValue ?? ""
    for word in damage.says { #expect(reason.contains(word), "\(reason)") }
  }

  @Test(arguments: damages)
  func checkOfAFirstBaseSaysTheSame(_ damage: Damage) throws {
    let configuration = try folder.write(
      "[daemon]\nstate_dir = \"\(folder.path)/state\"\n[round]\nbase = \"\(try damaged(damage))\"\n",
      to: "validatord.toml")
    let run = try ProgramRun("genki-validatord", ["check", "--config", configuration])
    #expect(run.status != 0)
    let words = run.output + run.errors
    for word in damage.says { #expect(words.contains(word), "\(words)") }
  }

  @Test(arguments: [
    ("{% include 'x' %}", "the tag 'include'"), ("{{ messages | xmlattr }}", "xmlattr"),
    ("{% for m in messages %}", "chat_template.jinja"),
  ])
  func checkNamesWhatABasesTemplateCannotDo(template: String, says: String) throws {
    let base = folder.file("templated")
    try FileManager.default.copyItem(atPath: good, toPath: base)
    try AtomicFile.write(template, to: "\(base)/chat_template.jinja")
    let configuration = try folder.write(
      "[daemon]\nstate_dir = \"\(folder.path)/state\"\n[round]\nbase = \"\(base)\"\n",
      to: "validatord.toml")
    let run = try ProgramRun("genki-validatord", ["check", "--config", configuration])
    #expect(run.status != 0)
    let words = run.output + run.errors
    #expect(words.contains("chat template") && words.contains(says), "\(words)")
  }
}
