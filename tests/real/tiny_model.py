"""Writes a Llama for MLX, a few hundred kilobytes, that answers with a few dozen tokens of noise.

    tiny_model.py FOLDER    makes FOLDER in the Hugging Face layout and FOLDER-4bit quantized for MLX

It runs in mlx-lm's environment, which brings numpy, tokenizers and safetensors.
"""
# mypy: ignore-errors

from __future__ import annotations

import json
import sys
from pathlib import Path


HIDDEN, INNER, HEADS, CONTEXT, VOCABULARY = 128, 256, 4, 2048, 320
LINES = ["the cat sat on the mat and read the log", "0123456789 [] {} : , . true false null"] * 8
SPECIAL = ["<unk>", "<s>", "</s>"]
END, STEP = SPECIAL.index("</s>"), 8
TEMPLATE = "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>\n{% endfor %}"


def write(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    about_tokens = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(about_tokens))
    about = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": 1,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(about))
    _weights(folder)


def _weights(folder: Path) -> None:
    """Let each token be followed by the one STEP before it: an answer ends after at most VOCABULARY / STEP."""
    import numpy as np
    from safetensors.numpy import save_file

    chance = np.random.default_rng(0)
    embedded = chance.standard_normal((VOCABULARY, HIDDEN)).astype(np.float32)
    head = np.zeros((VOCABULARY, HIDDEN), np.float32)
    for token in range(VOCABULARY):
        head[max(token - STEP, END)] += embedded[token]
    square = dict.fromkeys(("q_proj", "k_proj", "v_proj", "o_proj"), (HIDDEN, HIDDEN))
    idle = {
        **{f"self_attn.{name}": shape for name, shape in square.items()},
        "mlp.gate_proj": (INNER, HIDDEN),
        "mlp.up_proj": (INNER, HIDDEN),
        "mlp.down_proj": (HIDDEN, INNER),
    }
    tensors = {"model.embed_tokens.weight": embedded, "lm_head.weight": head}
    for name, shape in idle.items():
        tensors[f"model.layers.0.{name}.weight"] = np.zeros(shape, np.float32)
    for name in ("norm", "layers.0.input_layernorm", "layers.0.post_attention_layernorm"):
        tensors[f"model.{name}.weight"] = np.ones(HIDDEN, np.float32)
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})


if __name__ == "__main__":
    from mlx_lm import convert

    path = Path(sys.argv[1])
    write(path)
    convert(str(path), mlx_path=f"{path}-4bit", quantize=True, q_bits=4, q_group_size=64)
