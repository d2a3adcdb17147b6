"""Small texts in made-up languages, and lines of JSONL as people have them."""

import json
import random
from pathlib import Path


def language(name: str, lines: int) -> str:
    """Words in which one follows another; each name has a language of its own."""
    chance = random.Random(f"genki fixture {name}")
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 6))) for _ in range(40)]
    followers = [[chance.randrange(40) for _ in range(3)] for _ in words]
    word, text = 0, []
    for line in range(lines):
        spoken = []
        for _ in range(6 + line % 5):
            spoken.append(words[word])
            word = followers[word][chance.randrange(3)]
        text.append(" ".join(spoken) + "\n")
    return "".join(text)


def cut(name: str) -> dict[str, str]:
    """Parts of one text that have no line in common."""
    lines = language(name, 420).splitlines(keepends=True)
    return {
        "base": "".join(lines[:120]),
        "miner": "".join(lines[120:340]),
        "held-out": "".join(lines[340:]),
    }


def lines_of(name: str) -> dict[str, list]:
    # Few words a turn: a chat has to fit into a window.
    said = [" ".join(line.split()[:2]) for line in language(name, 60).splitlines()]
    chats = []
    for index in range(0, 24, 3):
        turns = [
            {"role": "user", "content": said[index]},
            {"role": "assistant", "content": said[index + 1]},
            {"role": "user", "content": said[index + 2]},
            {"role": "assistant", "content": said[index], "weight": index % 2},
        ]
        if index % 2 == 0:
            turns.insert(0, {"role": "system", "content": said[index + 1]})
        chats.append({"messages": turns})
    return {
        "documents": [{"text": line} for line in language(name, 84).splitlines()[60:]],
        "instructions": [
            {"instruction": said[i], "input": said[i + 1] if i % 2 else "", "output": said[i + 2]}
            for i in range(0, 24, 2)
        ],
        "histories": [
            {
                "instruction": said[i], "input": "", "output": said[i + 1], "system": said[i + 2],
                "history": [[said[i + 3], said[i + 4]]],
            }
            for i in range(0, 24, 2)
        ],
        "chats": chats,
        "conversations": [
            {
                "conversations": [
                    {"from": "human", "value": said[i]}, {"from": "gpt", "value": said[i + 1]},
                ], "system": said[i + 2],
            }
            for i in range(0, 24, 2)
        ],
        "prompts": [{"prompt": said[i], "completion": said[i + 1]} for i in range(0, 24, 2)],
        # Half of these lines are no examples for the programs of the build.
        "others": [
            line for i in range(0, 24, 4) for line in [
                {"text": said[i]},
                {"question": said[i + 1], "answer": said[i + 2]},
                {"messages": [
                    {"role": "user", "content": said[i]},
                    {"role": "assistant", "content": said[i + 1]},
                ]},
                {"messages": [
                    {"role": "developer", "content": said[i]},
                    {"role": "user", "content": [{"type": "text", "text": said[i + 1]}]},
                    {"role": "tool", "content": said[i + 2]},
                    {"role": "assistant", "content": said[i + 3]},
                ]},
                {"prompt": said[i + 2], "completion": said[i + 3]},
                {"prompt": [{"role": "user", "content": said[i]}],
                 "completion": [{"role": "assistant", "content": said[i + 1]}]},
            ]
        ],
    }


def write(folder: Path) -> None:
    folder.mkdir()
    for name in ["alpha", "beta"]:
        for part, text in cut(name).items():
            (folder / f"{name}-{part}.txt").write_text(text)
    (folder / "plain.txt").write_text(
        "<s>" + language("plain", 30) + "<|endoftext|>" + language("end", 10))
    for name, lines in lines_of("alpha").items():
        with (folder / f"{name}.jsonl").open("w") as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    # Files that the programs of the build took for prose.
    (folder / "documents.jsonlines").write_text((folder / "documents.jsonl").read_text())
    (folder / "table.csv").write_text("instruction,output\n" + "".join(
        f"{line['prompt']},{line['completion']}\n" for line in lines_of("beta")["prompts"]))
