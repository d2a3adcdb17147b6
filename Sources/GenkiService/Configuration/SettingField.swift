import GenkiCore

/// A type that a setting can have: it comes from a checked JSON value and goes back to one.
public protocol SettingField: Sendable {
  /// Reads a value that fits the setting's shape; nil if it does not fit the type.
  init?(setting: JSONValue)
  /// The value as the file would say it; null where nothing is said.
  var settingValue: JSONValue { get }
}

extension String: SettingField {
  /// A string.
  public init?(setting: JSONValue) {
    guard let text = setting.stringValue else { return nil }
    self = text
  }
  /// A string.
  public var settingValue: JSONValue { .string(self) }
}

extension Bool: SettingField {
  /// A truth value.
  public init?(setting: JSONValue) {
    guard let flag = setting.boolValue else { return nil }
    self = flag
  }
  /// A truth value.
  public var settingValue: JSONValue { .bool(self) }
}

extension Double: SettingField {
  /// A number; integers are numbers.
  public init?(setting: JSONValue) {
    guard let number = setting.doubleValue else { return nil }
    self = number
  }
  /// A number.
  public var settingValue: JSONValue { .number(self) }
}

extension Int: SettingField {
  /// An integer.
  public init?(setting: JSONValue) {
    guard let number = setting.intValue else { return nil }
    self = number
  }
  /// An integer.
  public var settingValue: JSONValue { .integer(Int64(self)) }
}

extension UInt64: SettingField {
  /// An integer from 0.
  public init?(setting: JSONValue) {
    guard let number = setting.intValue.flatMap(UInt64.init(exactly:)) else { return nil }
    self = number
  }
  /// An integer.
  public var settingValue: JSONValue {
    Int64(exactly: self).map(JSONValue.integer) ?? .unsigned(self)
  }
}

extension UInt16: SettingField {
  /// An integer from 0 to 65535.
  public init?(setting: JSONValue) {
    guard let number = setting.intValue.flatMap(UInt16.init(exactly:)) else { return nil }
    self = number
  }
  /// An integer.
  public var settingValue: JSONValue { .integer(Int64(self)) }
}

extension UInt8: SettingField {
  /// An integer from 0 to 255.
  public init?(setting: JSONValue) {
    guard let number = setting.intValue.flatMap(UInt8.init(exactly:)) else { return nil }
    self = number
  }
  /// An integer.
  public var settingValue: JSONValue { .integer(Int64(self)) }
}

extension Array: SettingField where Element: SettingField {
  /// A list whose elements all fit.
  public init?(setting: JSONValue) {
    guard let values = setting.arrayValue else { return nil }
    let elements = values.compactMap(Element.init(setting:))
    guard elements.count == values.count else { return nil }
    self = elements
  }
  /// A list.
  public var settingValue: JSONValue { .array(map(\.settingValue)) }
}

extension Optional: SettingField where Wrapped: SettingField {
  /// The wrapped value; a file cannot say nil, it leaves the key out.
  public init?(setting: JSONValue) {
    guard let value = Wrapped(setting: setting) else { return nil }
    self = .some(value)
  }
  /// The wrapped value, or null.
  public var settingValue: JSONValue { self?.settingValue ?? .null }
}

extension SettingField where Self: RawRepresentable, RawValue == String {
  /// One of the names.
  public init?(setting: JSONValue) {
    guard let value = setting.stringValue.flatMap(Self.init(rawValue:)) else { return nil }
    self = value
  }
  /// The name.
  public var settingValue: JSONValue { .string(rawValue) }
}

extension ChainSection.Kind: SettingField {}
extension HubSection.Kind: SettingField {}
extension HubSection.OldRepositories: SettingField {}
extension ComputeSection.Kind: SettingField {}
extension WeightCommitScheme: SettingField {}
