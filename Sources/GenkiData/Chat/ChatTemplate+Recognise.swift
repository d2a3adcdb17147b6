import Foundation

extension ChatTemplate {
  /// The built-in template that this template text is, character by character; nil if none. The
  /// default system turn of ChatML may say anything that is plain text.
  public init?(recognising text: String, beginToken: String? = nil) {
    // Inside the template's literals a line break is written as itself or escaped.
    var text = text.replacingOccurrences(of: "\\n", with: "\n")
    while text.last?.isNewline == true { text.removeLast() }
    if text == Self.chatMLStart + Self.chatMLTurn {
      self = .chatML(defaultSystem: nil)
      return
    }
    if Self.llama3Texts.contains(text) {
      self = .llama3(beginToken: beginToken ?? Self.llama3BeginToken)
      return
    }
    let start = Self.chatMLStart + Self.chatMLSystemStart
    let end = Self.chatMLSystemEnd + Self.chatMLTurn
    guard text.hasPrefix(start), text.hasSuffix(end), text.count > start.count + end.count else {
      return nil
    }
    let system = String(text.dropFirst(start.count).dropLast(end.count))
    guard !system.contains(where: { "'\\{}<>".contains($0) }) else { return nil }
    self = .chatML(defaultSystem: system)
  }

  private static let chatMLStart = "{% for message in messages %}"
  private static let chatMLSystemStart =
    "{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
  private static let chatMLSystemEnd = "<|im_end|>\n' }}{% endif %}"
  private static let chatMLTurn =
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

  /// With and without a name for the list of turns; the header of an answer asked for or always
  /// added, which makes no difference to training data.
  private static let llama3Texts: [String] = {
    let turn =
      "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
      + "+ message['content'] | trim + '<|eot_id|>' %}"
      + "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
      + "{{ content }}{% endfor %}"
    let prompt = "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    let asked = "{% if add_generation_prompt %}" + prompt + "{% endif %}"
    let plainLoop = "{% for message in messages %}"
    let namedLoop = "{% set loop_messages = messages %}{% for message in loop_messages %}"
    return [
      plainLoop + turn + asked, namedLoop + turn + asked, namedLoop + turn + prompt,
    ]
  }()
}
