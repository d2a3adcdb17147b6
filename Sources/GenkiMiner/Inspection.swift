import Foundation
import GenkiConsole
import GenkiCore
import GenkiFormats

/// What `inspect` found, ready to be shown in either form.
struct Inspection {
  private struct Row {
    let file: String
    let info: TensorInfo
  }

  private static let rowsShown = 10_000

  private let path: String
  private let kind: String
  private let files: [SafetensorsFile]
  private let rows: [Row]
  private let summary: JSONValue

  /// Opens a file or folder; throws what its reader throws.
  init(path: String) throws {
    self.path = path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      let set = try WeightSet.open(folder: path)
      files = set.openFiles
      kind = ModelFolder.isAdapter(path) ? "adapter" : "model"
      summary = Self.summary(of: path)
    } else {
      files = [try SafetensorsFile(path: path)]
      kind = "file"
      summary = .null
    }
    rows = files.flatMap { file in
      let name = URL(filePath: file.path).lastPathComponent
      return file.tensors.map { Row(file: name, info: $0) }
    }
  }

  /// The configuration beside the weights; why it cannot be used, if so. The weights are shown anyway.
  private static func summary(of folder: String) -> JSONValue {
    do {
      if ModelFolder.isAdapter(folder) {
        let adapter = try AdapterConfiguration.load(path: folder)
        return [
          "rank": JSONValue(adapter.rank), "alpha": .number(adapter.alpha),
          "target_modules": .array(adapter.targetModules.map { .string($0) }),
          "base_model": JSONValue(adapter.baseModel),
        ]
      }
      let model = try ModelConfiguration.load(path: folder)
      return [
        "model_type": .string(model.family.name), "vocab_size": JSONValue(model.vocabularySize),
        "hidden_size": JSONValue(model.hiddenSize), "layers": JSONValue(model.layerCount),
        "heads": JSONValue(model.headCount), "key_value_heads": JSONValue(model.keyValueHeadCount),
        "max_positions": JSONValue(model.maxPositions), "tied_head": .bool(model.tiedHead),
      ]
    } catch {
      return ["error": .string("\(error)")]
    }
  }

  private var parameterCount: Int { rows.reduce(0) { $0 + $1.info.elementCount } }
  private var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// Parameters by type, the most frequent first.
  private var typeCounts: [(type: TensorType, parameters: Int)] {
    let sums = Dictionary(rows.map { ($0.info.type, $0.info.elementCount) }, uniquingKeysWith: +)
    return sums.map { (type: $0.key, parameters: $0.value) }
      .sorted { ($1.parameters, $0.type.rawValue) < ($0.parameters, $1.type.rawValue) }
  }

  /// The machine form.
  var document: JSONValue {
    let tensors = rows.map { row -> JSONValue in
      [
        "name": .string(row.info.name), "dtype": .string(row.info.type.rawValue),
        "shape": .array(row.info.shape.map { JSONValue($0) }),
        "parameters": JSONValue(row.info.elementCount), "bytes": JSONValue(row.info.byteCount),
        "file": .string(row.file),
      ]
    }
    let types = typeCounts.map { (key: $0.type.rawValue, value: JSONValue($0.parameters)) }
    return [
      "path": .string(path), "kind": .string(kind),
      "files": .array(files.map(Self.document)),
      "metadata": Self.metadata(files.count == 1 ? files[0].metadata : [:]),
      "config": summary,
      "tensor_count": JSONValue(rows.count), "parameters": JSONValue(parameterCount),
      "bytes": JSONValue(byteCount), "dtypes": .object(JSONObject(entries: types)),
      "tensors": .array(tensors),
    ]
  }

  private static func document(_ file: SafetensorsFile) -> JSONValue {
    [
      "name": .string(URL(filePath: file.path).lastPathComponent),
      "bytes": JSONValue(file.byteCount), "header_bytes": JSONValue(file.headerByteCount),
      "tensor_count": JSONValue(file.tensors.count), "metadata": metadata(file.metadata),
    ]
  }

  private static func metadata(_ metadata: [String: String]) -> JSONValue {
    let entries = metadata.sorted { $0.key < $1.key }
    return .object(JSONObject(entries: entries.map { (key: $0.key, value: .string($0.value)) }))
  }

  /// The human form: a table of tensors, then the totals.
  func show(on console: Console) {
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      (title: "tensor", alignment: .left), (title: "dtype", alignment: .left),
      (title: "shape", alignment: .left), (title: "parameters", alignment: .right),
    ]
    if files.count > 1 { columns.append((title: "file", alignment: .left)) }
    var table = TextTable(columns)
    for row in rows.prefix(Self.rowsShown) {
      table.add([
        Self.plain(row.info.name), row.info.type.rawValue, Self.text(row.info.shape),
        HumanUnits.count(row.info.elementCount), Self.plain(row.file),
      ])
    }
    if !rows.isEmpty {
      console.table(table)
      if rows.count > Self.rowsShown {
        console.line(
          "… and \(HumanUnits.count(rows.count - Self.rowsShown)) more; --json shows all")
      }
      console.line()
    }
    for file in files where !file.metadata.isEmpty {
      let texts = file.metadata.sorted { $0.key < $1.key }
        .map { "\(Self.plain($0.key)) = \($0.value.quoted(limit: 200))" }
      console.line("metadata: \(texts.joined(separator: ", "))")
    }
    showSummary(on: console)
    let types = typeCounts.map { "\($0.type.rawValue) \(HumanUnits.count($0.parameters))" }
    console.line(
      "\(rows.count) tensors, \(HumanUnits.count(parameterCount)) parameters"
        + (types.isEmpty ? "" : " (\(types.joined(separator: ", ")))")
        + ", \(HumanUnits.bytes(byteCount)) in \(files.count == 1 ? "1 file" : "\(files.count) files")"
    )
  }

  private func showSummary(on console: Console) {
    guard let object = summary.objectValue else { return }
    if let error = object["error"]?.stringValue {
      console.line("configuration cannot be used: \(error)")
      return
    }
    let parts = object.entries.map { entry in
      "\(entry.key) \(entry.value.stringValue.map { Self.plain($0) } ?? entry.value.encoded())"
    }
    console.line("\(kind): \(parts.joined(separator: ", "))")
  }

  /// Sizes in brackets; of more than 16 dimensions the first ones and how many there are.
  private static func text(_ shape: [Int]) -> String {
    guard shape.count > 16 else { return "\(shape)" }
    let first = shape.prefix(8).map(String.init).joined(separator: ", ")
    return "[\(first), … \(shape.count) dimensions]"
  }

  /// Names as they are where that is safe on a terminal, quoted else.
  private static func plain(_ name: String) -> String {
    let quoted = name.quoted(limit: 200)
    return quoted == "\"\(name)\"" && !name.isEmpty ? name : quoted
  }
}
