"""The ways in which a network can be computed, and which of them this machine has.

    choose(None, this_machine())           # the fastest that there is
    choose("fp32", this_machine())         # this one, or an error that says what it needs

A kernel's name goes with the scores: answers are the same to the last bit only within one kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

from errors import ModelError

AUTO = "auto"
EAGER = "eager"  # transformers as it comes, in float32: what every other kernel is held against
FP32 = "fp32"
AVX512_BF16 = "avx512-bf16"
AMX_BF16 = "amx-bf16"
CUDA_BF16 = "cuda-bf16"

# Fastest first, with what each needs. One that needs nothing runs anywhere.
NEEDS = {
    CUDA_BF16: "a CUDA device",
    AMX_BF16: "a processor with AMX-BF16",
    AVX512_BF16: "a processor with AVX512-BF16 and without AMX, which would be used in its place",
    FP32: "",
    EAGER: "",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine has of that which kernels need."""

    cuda: bool = False
    amx_bf16: bool = False
    avx512_bf16: bool = False

    def kernels(self) -> tuple[str, ...]:
        """Return the kernels that run here, fastest first."""
        has = {
            CUDA_BF16: self.cuda,
            AMX_BF16: self.amx_bf16,
            AVX512_BF16: self.avx512_bf16 and not self.amx_bf16,
        }
        return tuple(name for name in NEEDS if has.get(name, True))


def this_machine() -> Machine:
    """Ask the processor, and the driver of a CUDA device."""
    import torch  # noqa: PLC0415 (so that a command can name the kernels without it)

    processor = torch.cpu.get_capabilities() if torch.backends.mkldnn.is_available() else {}  # type: ignore[no-untyped-call]
    return Machine(
        cuda=torch.cuda.is_available(),
        amx_bf16=bool(processor.get("amx_bf16")),
        avx512_bf16=bool(processor.get("avx512_bf16")),
    )


def choose(kernel: str | None, machine: Machine, *, bert: bool = True) -> str:
    """Return the name of the kernel to compute with.

    Args:
        kernel: its name; None or `auto` is the fastest that the machine has.
        machine: where it is to run.
        bert: whether the encoder is one that the kernels besides `eager` know.

    Raises:
        ModelError: there is no such kernel, or not here.
    """
    here = machine.kernels() if bert else (EAGER,)
    if kernel is None or kernel == AUTO:
        return here[0]
    if kernel in here:
        return kernel
    remedy = f"name one of {', '.join((AUTO, *here))} with --kernel"
    if kernel not in NEEDS:
        raise ModelError(f"there is no kernel '{kernel}'", remedy)
    needs = NEEDS[kernel] if kernel not in machine.kernels() else "an encoder of BERT's kind"
    raise ModelError(f"kernel {kernel} needs {needs}", remedy)
