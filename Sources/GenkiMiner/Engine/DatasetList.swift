import Foundation
import GenkiCore
import GenkiData
import GenkiRound
import GenkiService
import GenkiStore

/// The data sets of the configuration and those that were added while running.
public enum DatasetList {
  /// Data sets at most.
  public static let countMaximum = 256

  /// Makes the stored list follow the configuration; files that cannot be read stay out and are named
  /// by the problem of a round.
  static func sync(
    _ configured: [MinerConfiguration.Dataset], _ transaction: Transaction
  ) throws {
    let names = Set(configured.map(\.name))
    for old in try transaction.datasets() where old.origin == .configuration {
      if !names.contains(old.name) { try transaction.removeDataset(old.name) }
    }
    for dataset in configured {
      let record = try record(
        name: dataset.name, path: dataset.path, chatTemplate: dataset.chatTemplate,
        chatTemplateArguments: dataset.chatTemplateArguments, origin: .configuration)
      try transaction.save(record)
    }
  }

  /// Looks at a file.
  ///
  /// - Throws: `DatasetError` and `FileError` for a name or a file that cannot be used.
  public static func record(
    name: String, path: String, chatTemplate: String?, chatTemplateArguments: String? = nil,
    origin: DatasetRecord.Origin
  ) throws -> DatasetRecord {
    guard isName(name) else { throw DatasetError.badName(name: name) }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let attributes else { throw FileError.missing(path: path) }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw FileError.notARegularFile(path: path)
    }
    return DatasetRecord(
      name: name, path: path, chatTemplate: chatTemplate,
      chatTemplateArguments: chatTemplateArguments, origin: origin,
      bytes: attributes[.size] as? Int ?? 0, sha256: try SHA256Hasher.digest(ofFile: path))
  }

  /// Looks whether a data set can be trained on, as far as that does not depend on the model.
  ///
  /// - Throws: `DataError` for a file that is no data and for arguments of a template that are none,
  ///   `FileError`, `DatasetError.unknownTemplate`.
  static func check(_ record: DatasetRecord) throws {
    try TextDataset.check(path: record.path)
    if let name = record.chatTemplate, !ChatTemplate.names.contains(name) {
      throw DatasetError.unknownTemplate(dataset: record.name, template: name)
    }
    _ = try record.chatTemplateArguments.map(ChatChoice.arguments)
  }

  private static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
      }
  }
}

/// A data set cannot be used.
public enum DatasetError: ReportableError, Equatable {
  /// No data set has this name.
  case unknown(name: String)
  /// It cannot be a name.
  case badName(name: String)
  /// Its conversations cannot be written so.
  case unknownTemplate(dataset: String, template: String)

  /// Bad data.
  public var kind: ErrorKind { .invalidData }
  /// Which one.
  public var what: String {
    switch self {
    case .unknown(let name), .badName(let name), .unknownTemplate(let name, _):
      "data set \(name.quoted())"
    }
  }
  /// Why.
  public var why: String {
    switch self {
    case .unknown: "there is none of this name"
    case .badName: "it cannot be a name"
    case .unknownTemplate(_, let template): "there is no chat template \(template.quoted())"
    }
  }
  /// What to do.
  public var advice: String? {
    switch self {
    case .unknown: "genkictl dataset list shows those there are"
    case .unknownTemplate: "choose one of \(ChatTemplate.names.joined(separator: ", "))"
    case .badName: "1 to 64 letters, digits, - _ and ."
    }
  }
}
