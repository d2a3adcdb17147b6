import GenkiChain
import GenkiCore
import Testing

/// Numbers, text and lists of `scale.json`, made by another codec.
@Suite("SCALE")
struct ScaleTests {
  /// The types that the vectors name, by name.
  private static let named: [(name: String, shape: TypeShape)] = [
    ("u8", .primitive(.u8)), ("u16", .primitive(.u16)), ("u32", .primitive(.u32)),
    ("u64", .primitive(.u64)), ("u128", .primitive(.u128)), ("i16", .primitive(.i16)),
    ("i64", .primitive(.i64)), ("bool", .primitive(.bool)), ("Bytes", .primitive(.str)),
    ("Vec<u16>", .sequence(1)),
    (
      "Option<u32>",
      .variant([
        TypeVariant("None", index: 0), TypeVariant("Some", index: 1, fields: [TypeField(nil, 2)]),
      ])
    ),
    ("(u16, u64)", .tuple([1, 3])), ("[u8; 4]", .array(count: 4, of: 0)),
    ("BTreeMap<u8, u16>", .composite([TypeField(nil, 14)])), ("", .sequence(15)),
    ("", .tuple([0, 1])), ("compact", .compact(4)),
  ]

  private static func registry() throws -> TypeRegistry {
    try TypeRegistry(named.map { TypeDefinition(shape: $0.shape) })
  }

  @Test func compactNumbersAreThoseOfTheReference() throws {
    let cases = try BittensorVectors.cases("scale.json", "compact")
    #expect(cases.count == 13)
    for entry in cases {
      let value = try #require(entry["value"]?.stringValue.flatMap { UInt128($0) })
      let bytes = BittensorVectors.bytes(entry["hex"])
      var reader = ScaleReader(bytes)
      #expect(try reader.compact() == value)
      #expect(reader.isAtEnd)
      var writer = ScaleWriter()
      writer.append(compact: value)
      #expect(writer.bytes == bytes)
    }
  }

  @Test func longerFormsOfCompactNumbersAreRefused() throws {
    let cases = try BittensorVectors.cases("scale.json", "compact_non_canonical")
    #expect(cases.count == 3)
    for entry in cases {
      var reader = ScaleReader(BittensorVectors.bytes(entry["hex"]))
      let error = #expect(throws: ScaleError.self) { try reader.compact() }
      #expect(error?.why.contains("shortest form") == true)
    }
  }

  @Test(
    arguments: [
      [0xFD, 0x00], [0xFE, 0xFF, 0, 0], [3, 0xFF, 0xFF, 0xFF, 0x3F], [7, 1, 0, 0, 0x40, 0],
    ] as [[UInt8]])
  func aNumberThatFitsAShorterFormIsRefused(bytes: [UInt8]) {
    var reader = ScaleReader(bytes)
    #expect(throws: ScaleError.self) { try reader.compact() }
  }

  @Test func theFormsChangeWhereTheSpecificationSays() throws {
    for (value, count) in [
      (63, 1), (64, 2), (16383, 2), (16384, 4), (1 << 30 - 1, 4), (1 << 30, 5), (1 << 32, 6),
    ] as [(UInt128, Int)] {
      var writer = ScaleWriter()
      writer.append(compact: value)
      #expect(writer.bytes.count == count)
      var reader = ScaleReader(writer.bytes)
      #expect(try reader.compact() == value)
    }
  }

  @Test func primitivesAreThoseOfTheReference() throws {
    let registry = try Self.registry()
    let cases = try BittensorVectors.cases("scale.json", "primitives")
    #expect(cases.count == 17)
    for entry in cases {
      let name = try #require(entry["type"]?.stringValue)
      let type = try #require(Self.named.firstIndex { $0.name == name }, "\(name)")
      let bytes = BittensorVectors.bytes(entry["hex"])
      let value = try ValueDecoder(registry).decode(bytes, as: type)
      #expect(value.isShown(as: entry["value"] ?? .null), "\(name): \(value)")
      #expect(try ValueEncoder(registry).encode(value, as: type) == bytes)
      for count in 0..<bytes.count {
        #expect(throws: ScaleError.self) {
          try ValueDecoder(registry).decode(Array(bytes.prefix(count)), as: type)
        }
      }
      #expect(throws: ScaleError.self) {
        try ValueDecoder(registry).decode(bytes + [0], as: type)
      }
    }
  }

  @Test func aLookupNamesThePathThatFailed() throws {
    let value = ScaleValue.structure([
      "data": .structure(["free": .unsigned(70_000)]), "list": .sequence([.none]),
    ])
    #expect(try value["data"]["free"].unsigned(UInt64.self) == 70_000)
    #expect(try value["list"][0].option == nil)
    let wide = #expect(throws: ScaleValueError.self) {
      try value["data"]["free"].unsigned(UInt16.self)
    }
    #expect(wide?.description.contains("data.free") == true)
    #expect(wide?.description.contains("70000") == true)
    let absent = #expect(throws: ScaleValueError.self) { try value["list"][3]["x"].bool() }
    #expect(absent == .missing(path: "list", field: "[3]"))
    #expect(throws: ScaleValueError.self) { try value["data"].accountID() }
    #expect(try ScaleValue.some(.bool(true)).root.option?.bool() == true)
    #expect(throws: ScaleValueError.self) { try value.root.option }
  }

  @Test func theEncoderRefusesWhatIsNotOfTheType() throws {
    let encoder = ValueEncoder(try Self.registry())
    for (value, type) in [
      (.unsigned(256), 0), (.signed(-1), 3), (.unsigned(1), 7), (.text("x"), 0),
      (.bytes([1, 2, 3]), 12), (.sequence([.unsigned(65_536)]), 9), (.named("Else"), 10),
      (.tuple([.unsigned(1)]), 11), (.unit, 10), (.named("Some"), 10),
      (.named("None", [.unit]), 10), (.signed(40_000), 5),
    ] as [(ScaleValue, TypeID)] {
      #expect(throws: ScaleValueError.self, "\(value)") { try encoder.encode(value, as: type) }
    }
    #expect(try encoder.encode(.unsigned(5), as: 4).count == 16)
    #expect(try encoder.encode(.unsigned(7), as: 6) == [7, 0, 0, 0, 0, 0, 0, 0])
    #expect(throws: ScaleError.unknownType(id: 99)) { try encoder.encode(.unit, as: 99) }
  }
}
