"""The families, each with a configuration that shows what is its own, and a tokenizer and texts for them all."""
import pathlib
from dataclasses import dataclass, field
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY, END, PADDING = 384, "<|endoftext|>", "<|pad|>"
POSITIONS = 128
TEXTS = pathlib.Path(__file__).resolve().parents[3] / "config" / "demo"
LLAMA_LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NEOX_LINEARS = ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]
PHI3_LINEARS = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]


@dataclass
class Family:
    """A row of the table."""
    name: str
    settings: dict
    linears: list = field(default_factory=lambda: LLAMA_LINEARS)
    key_bias: str = ""  # the bias that softmax does not see, if there is one
    padding: bool = False

    def configuration(self):
        ids = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1 if self.padding else None}
        return self.settings | ids


def rotary(family, **others):
    """What llama and those that follow it share."""
    return {"model_type": family, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "max_position_embeddings": POSITIONS, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False} | others


def scaled(kind, **others):
    return rotary("llama", head_dim=16, rope_scaling={"rope_type": kind, "factor": 4.0} | others)


def neox(**others):
    return {"model_type": "gpt_neox", "hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": POSITIONS,
            "layer_norm_eps": 1e-5, "rotary_emb_base": 10000, "hidden_act": "gelu", "tie_word_embeddings": False} | others


FAMILIES = [
    Family("llama", rotary("llama")),
    Family("qwen2", rotary("qwen2", tie_word_embeddings=True), padding=True),
    Family("qwen3", rotary("qwen3", head_dim=16)),
    Family("gpt2", {"model_type": "gpt2", "n_embd": 48, "n_layer": 2, "n_head": 4, "n_positions": POSITIONS}, ["c_attn", "c_proj", "c_fc"], key_bias="attn.c_attn.bias"),
    Family("gpt_neo", {"model_type": "gpt_neo", "hidden_size": 48, "num_layers": 2, "num_heads": 4, "window_size": 16, "attention_types": [[["global", "local"], 1]],
                       "max_position_embeddings": POSITIONS}, ["q_proj", "k_proj", "v_proj", "out_proj", "c_fc", "c_proj"]),
    Family("mistral-window", rotary("mistral", sliding_window=16, head_dim=16)),
    Family("smollm3", rotary("smollm3", num_hidden_layers=3, no_rope_layers=[1, 0, 1], no_rope_layer_interval=4, use_sliding_window=False, sliding_window=None,
                             rope_theta=5e6, tie_word_embeddings=True)),
    Family("olmo2", rotary("olmo2", rope_theta=5e5), padding=True),
    Family("gemma3_text", rotary("gemma3_text", num_hidden_layers=4, num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=20, sliding_window=12,
                                 layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
                                 rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1e6}, "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}},
                                 hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True), padding=True),
    Family("gpt_neox-parallel", neox(rotary_pct=0.25, use_parallel_residual=True), NEOX_LINEARS, key_bias="attention.query_key_value.bias"),
    Family("gpt_neox-sequential", neox(rotary_pct=1.0, use_parallel_residual=False), NEOX_LINEARS),
    Family("phi3", rotary("phi3", original_max_position_embeddings=POSITIONS, sliding_window=20), PHI3_LINEARS, padding=True),
    Family("phi3-partial", rotary("phi3", hidden_size=64, original_max_position_embeddings=POSITIONS, partial_rotary_factor=0.5, sliding_window=None), PHI3_LINEARS),
    Family("granite", rotary("granite", embedding_multiplier=3.0, logits_scaling=1.5, residual_multiplier=0.6, attention_multiplier=0.2, tie_word_embeddings=True)),
    Family("llama-linear", scaled("linear")),
    Family("llama-yarn", scaled("yarn", original_max_position_embeddings=32)),
    Family("llama-dynamic", scaled("dynamic")),
    Family("llama-llama3", scaled("llama3", low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)),
]
for family in FAMILIES:  # these have theirs in rope_parameters alone
    if family.name == "gemma3_text": del family.settings["rope_theta"]


def make_tokenizer():
    """A byte-level BPE of 384 tokens, of which 0 ends texts and 1 is the padding."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[END, PADDING], initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([text("shakespeare")[:100_000]], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PADDING)


def text(name): return (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def text_with_padding(name, characters):
    """The begin of a text in which the padding's token stands between some lines, as added tokens are read from any text."""
    lines = text(name)[:characters].split("\n")
    return "\n".join(line + (PADDING * 2 if number % 5 == 2 else "") for number, line in enumerate(lines))
