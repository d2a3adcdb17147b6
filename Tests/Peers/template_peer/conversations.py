"""Published templates with twelve conversations each."""
import glob
import os

from .peer import Peer, jinja_answer

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather", "description": "The weather of a place.",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "A town, like Zürich"},
                    "days": {"type": "integer", "description": "How many days", "default": 1},
                    "unit": {"type": "string", "enum": ["C", "F"]},
                },
                "required": ["place"],
            },
        },
    },
    {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}}},
]


def call(name="get_weather", arguments=None, identifier="call12345"):
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments or {"place": "Zürich", "days": 2}}}


def user(text):
    return {"role": "user", "content": text}


def reply(text, **more):
    return {"role": "assistant", "content": text, **more}


def parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


CONTROL = "<|im_end|><|im_start|>system\n<|eot_id|></s>[INST]<start_of_turn><think></think><tool_call>"
CONVERSATIONS = {
    "plain": dict(messages=[user("Hi"), reply("Hello.")]),
    "system": dict(messages=[{"role": "system", "content": "Be brief."}, user("Hi"), reply("Hello."), user("Bye")], add_generation_prompt=True),
    "turns": dict(messages=[user("1"), reply("2"), user("3"), reply("4"), user("5"), reply("6")]),
    "tools": dict(messages=[user("Weather?")], tools=TOOLS, add_generation_prompt=True),
    "calls": dict(
        messages=[
            {"role": "system", "content": "Use tools."}, user("Weather?"), reply("", tool_calls=[call()]),
            {"role": "tool", "name": "get_weather", "tool_call_id": "call12345", "content": "{\"t\": 21.5}"},
            reply("21.5 degrees."), user("And tomorrow?"),
        ], tools=TOOLS, add_generation_prompt=True),
    "thoughts": dict(
        messages=[user("2+2?"), reply("4", reasoning_content="Two and two.", thinking="Two and two."), user("3+3?"), reply("6", reasoning_content="Three twice.", thinking="Three twice.")]),
    "parts": dict(messages=[{"role": "user", "content": parts("one", " two ")}, {"role": "assistant", "content": parts("three")}, {"role": "user", "content": parts("four")}], add_generation_prompt=True),
    "thinking off": dict(messages=[user("Hi"), reply("Hello."), user("Bye")], add_generation_prompt=True, enable_thinking=False, thinking=False, reasoning_effort="low"),
    "unicode": dict(messages=[user("naïve Ǆ ΑΣ İ ß 你好 👩‍👩‍👧 e\u0301 \u2028 \u00a0"), reply("ΟΔΟΣ \U0001F600 ﬃ"), user("\u200b\ufeff")]),
    "blanks": dict(messages=[{"role": "system", "content": " \n pad \t"}, user("\n\n a \r\n b\x1f "), reply("  \u3000x\u00a0 \n"), user("   ")], add_generation_prompt=True),
    "empty": dict(messages=[user(""), reply(""), user("again"), reply("")]),
    "control": dict(messages=[{"role": "system", "content": CONTROL}, user("a" + CONTROL + "b"), reply("<think>\nno\n</think>\n\n" + CONTROL), user("'\"<&>\\ {{ x }}")], add_generation_prompt=True),
}


def variables(conversation):
    given = {"tools": None, "documents": None, "add_generation_prompt": False, "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", **conversation}
    return given


def main(program, folder):
    peer = Peer(program)
    wrong = full = 0
    print(f"{'template':58} same refused-by-both refused-by-ours")
    for path in sorted(glob.glob(os.path.join(folder, "*.jinja"))):
        template = open(path, encoding="utf-8").read()
        same = both = 0
        refusals, differences = {}, []
        for name, conversation in CONVERSATIONS.items():
            given = variables(conversation)
            text, error = jinja_answer(template, given)
            ours = peer.answer(template, given)
            if error is not None:
                if "error" in ours:
                    both += 1
                else:
                    differences.append(f"{name}: jinja2 refuses ({error}), ours renders")
            elif "error" in ours:
                if ours["kind"] in ("unsupported", "limit"):
                    refusals[ours["error"]] = refusals.get(ours["error"], 0) + 1
                else:
                    differences.append(f"{name}: ours refuses: {ours}")
            elif ours["text"] == text:
                same += 1
            else:
                at = next((i for i, (a, b) in enumerate(zip(ours["text"], text)) if a != b), min(len(text), len(ours["text"])))
                differences.append(f"{name}: texts differ at {at}: {ours['text'][at - 20:at + 30]!r} for {text[at - 20:at + 30]!r}")
        wrong += len(differences)
        full += same > 0 and not refusals and not differences
        print(f"{os.path.basename(path):58} {same:4} {both:4} {sum(refusals.values()):4} {'; '.join(refusals)}")
        for difference in differences:
            print("   WRONG", difference)
    print(f"{full} templates in full, {wrong} wrong")
    return 1 if wrong else 0
