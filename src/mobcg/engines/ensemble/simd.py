"""Vectors of sixteen single-precision numbers as a numba type, so that the inner loops are vector code and not a compiler's guess.

`Vector` holds 16 float32, `Integers` 16 uint32, `Mask` 16 truth values. LLVM maps them onto the registers of the machine: one AVX-512
register, two of AVX2, four of SSE or NEON. They live only inside compiled code: load, compute, store. Arithmetic may be fused and
reordered (fast-math without the assumptions on NaN and infinity), which is the same for every run of the same machine code.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

WIDTH = 16
"""Numbers in a vector."""

FAST = ("contract", "reassoc", "nsz", "arcp")
FLOATS = ir.VectorType(ir.FloatType(), WIDTH)
INTEGERS = ir.VectorType(ir.IntType(32), WIDTH)
MASK = ir.VectorType(ir.IntType(1), WIDTH)


class Lanes(types.Type):
    """A numba type whose value is an LLVM vector."""

    def __init__(self, name: str, llvm: ir.VectorType) -> None:
        super().__init__(name=name)
        self.llvm = llvm


class VectorType(Lanes):
    """16 float32."""


class IntegersType(Lanes):
    """16 uint32."""


class MaskType(Lanes):
    """16 truth values."""


vector = VectorType("float32x16", FLOATS)
integers = IntegersType("uint32x16", INTEGERS)
mask = MaskType("boolx16", MASK)


@register_model(VectorType)
@register_model(IntegersType)
@register_model(MaskType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, lanes.llvm)


def _binary(operation: Callable[..., Any], kind: Lanes, result: Lanes, emit: Callable[..., Any]) -> None:
    @infer_global(operation)
    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            return signature(result, kind, kind) if args == (kind, kind) else None

    @lower_builtin(operation, kind, kind)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return emit(builder, *args)


_binary(operator.add, vector, vector, lambda b, x, y: b.fadd(x, y, flags=FAST))
_binary(operator.sub, vector, vector, lambda b, x, y: b.fsub(x, y, flags=FAST))
_binary(operator.mul, vector, vector, lambda b, x, y: b.fmul(x, y, flags=FAST))
_binary(operator.truediv, vector, vector, lambda b, x, y: b.fdiv(x, y, flags=FAST))
_binary(operator.lt, vector, mask, lambda b, x, y: b.fcmp_ordered("<", x, y))
_binary(operator.add, integers, integers, lambda b, x, y: b.add(x, y))
_binary(operator.sub, integers, integers, lambda b, x, y: b.sub(x, y))
_binary(operator.xor, integers, integers, lambda b, x, y: b.xor(x, y))
_binary(operator.or_, integers, integers, lambda b, x, y: b.or_(x, y))
_binary(operator.and_, integers, integers, lambda b, x, y: b.and_(x, y))
_binary(operator.rshift, integers, integers, lambda b, x, y: b.lshr(x, y))
_binary(operator.lshift, integers, integers, lambda b, x, y: b.shl(x, y))
_binary(operator.and_, mask, mask, lambda b, x, y: b.and_(x, y))


def _splat(builder: Any, value: Any, kind: ir.VectorType) -> Any:
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(INTEGERS, [0] * WIDTH))


def _address(context: Any, builder: Any, sig: Any, args: Any, kind: ir.VectorType) -> Any:
    array = context.make_array(sig.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), kind.as_pointer())


@intrinsic
def splat(typing: Any, value: Any) -> Any:
    """A vector of 16 times `value` (float32)."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, args[0], FLOATS)

    return vector(types.float32), generate


@intrinsic
def splat_integer(typing: Any, value: Any) -> Any:
    """16 times `value` (uint32)."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, args[0], INTEGERS)

    return integers(types.uint32), generate


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """The 16 numbers of a contiguous float32 or uint32 array from element `index` on; no bounds are checked."""
    kind = vector if array.dtype == types.float32 else integers

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, sig, args, kind.llvm), align=4)

    return kind(array, types.intp), generate


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Write 16 numbers to a contiguous array from element `index` on; no bounds are checked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, sig, args, sig.args[2].llvm), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), generate


@intrinsic
def as_integers(typing: Any, value: Any) -> Any:
    """The bits of 16 float32 as uint32."""
    return integers(vector), lambda context, builder, sig, args: builder.bitcast(args[0], INTEGERS)


@intrinsic
def as_floats(typing: Any, value: Any) -> Any:
    """16 float32 from their bits."""
    return vector(integers), lambda context, builder, sig, args: builder.bitcast(args[0], FLOATS)


@intrinsic
def to_floats(typing: Any, value: Any) -> Any:
    """16 integers, their bits read as signed, converted to float32."""
    return vector(integers), lambda context, builder, sig, args: builder.sitofp(args[0], FLOATS)


@intrinsic
def where(typing: Any, condition: Any, yes: Any, no: Any) -> Any:
    """Lane by lane `yes` where the condition holds, else `no`."""
    return yes(mask, yes, yes), lambda context, builder, sig, args: builder.select(*args)


def _call(name: str, result: ir.VectorType | ir.Type, *arguments: Any) -> Callable[..., Any]:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, list(arguments)), name)
        return builder.call(function, args)

    return generate


@intrinsic
def maximum(typing: Any, one: Any, other: Any) -> Any:
    """Lane by lane the larger number."""
    return vector(vector, vector), _call("llvm.maxnum.v16f32", FLOATS, FLOATS, FLOATS)


@intrinsic
def square_root(typing: Any, value: Any) -> Any:
    """Lane by lane the square root."""
    return vector(vector), _call("llvm.sqrt.v16f32", FLOATS, FLOATS)


@intrinsic
def total(typing: Any, value: Any) -> Any:
    """The sum of the 16 numbers, added pairwise."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.FloatType(), [ir.FloatType(), FLOATS]), "llvm.vector.reduce.fadd.v16f32"
        )
        return builder.call(function, [ir.Constant(ir.FloatType(), 0.0), args[0]], fastmath=FAST)

    return types.float32(vector), generate


@intrinsic
def bits(typing: Any, value: Any) -> Any:
    """The 16 truth values as the low bits of an integer."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(WIDTH)), ir.IntType(64))

    return types.int64(mask), generate


@intrinsic
def nearest(typing: Any, value: Any) -> Any:
    """Lane by lane the nearest whole number."""
    return vector(vector), _call("llvm.rint.v16f32", FLOATS, FLOATS)


@intrinsic
def truncated(typing: Any, value: Any) -> Any:
    """16 non-negative numbers cut to integers."""
    return integers(vector), lambda context, builder, sig, args: builder.fptosi(args[0], INTEGERS)


@intrinsic
def largest(typing: Any, value: Any) -> Any:
    """The largest of the 16 numbers."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.FloatType(), [FLOATS])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.vector.reduce.fmax.v16f32"), args)

    return types.float32(vector), generate


@intrinsic
def gather(typing: Any, array: Any, offset: Any, index: Any) -> Any:
    """The elements offset + index of a contiguous float32 array, lane by lane; no bounds are checked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        result = ir.Constant(FLOATS, ir.Undefined)
        for lane in range(WIDTH):
            position = ir.Constant(ir.IntType(32), lane)
            element = builder.add(args[1], builder.zext(builder.extract_element(args[2], position), ir.IntType(64)))
            result = builder.insert_element(result, builder.load(builder.gep(data, [element])), position)
        return result

    return vector(array, types.intp, integers), generate


EIGHT = ir.VectorType(ir.FloatType(), 8)
EIGHT_INTEGERS = ir.VectorType(ir.IntType(32), 8)


def _lookup_512(builder: Any, low: Any, high: Any, index: Any) -> Any:
    kind = ir.FunctionType(FLOATS, [FLOATS, INTEGERS, FLOATS])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.ps.512"), [low, index, high])


def _lookup_256(builder: Any, low: Any, high: Any, index: Any) -> Any:
    kind = ir.FunctionType(EIGHT, [EIGHT, EIGHT_INTEGERS])
    permute = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx2.permps")

    def half(value: Any, number: int) -> Any:
        lanes = ir.Constant(EIGHT_INTEGERS, [8 * number + lane for lane in range(8)])
        return builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), lanes)

    def bit(value: Any, number: int) -> Any:
        up = builder.shl(value, ir.Constant(EIGHT_INTEGERS, [31 - number] * 8))
        return builder.icmp_signed("<", up, ir.Constant(EIGHT_INTEGERS, [0] * 8))

    tables = [half(table, number) for table in (low, high) for number in (0, 1)]
    results = []
    for number in (0, 1):
        places = half(index, number)
        found = [builder.call(permute, [table, places]) for table in tables]
        third, fourth = bit(places, 3), bit(places, 4)
        results.append(builder.select(fourth, builder.select(third, found[3], found[2]), builder.select(third, found[1], found[0])))
    return builder.shuffle_vector(*results, ir.Constant(INTEGERS, list(range(WIDTH))))


@intrinsic
def lookup(typing: Any, low: Any, high: Any, index: Any) -> Any:
    """Lane by lane the element (index mod 32) of the table whose first 16 numbers are `low` and last 16 `high`; see `has_permutes`."""
    emit = _lookup_512 if _has("avx512f") else _lookup_256
    return vector(vector, vector, integers), lambda context, builder, sig, args: emit(builder, *args)


FOUR = ir.VectorType(ir.FloatType(), 4)


def _load_four(pattern: list[int]) -> Callable[..., Any]:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = builder.load(_address(context, builder, sig, args, FOUR), align=4)
        return builder.shuffle_vector(value, ir.Constant(FOUR, ir.Undefined), ir.Constant(INTEGERS, pattern))

    return generate


@intrinsic
def load_rows(typing: Any, array: Any, index: Any) -> Any:
    """Four numbers a, b, c, d from element `index` on, as a a a a b b b b c c c c d d d d."""
    return vector(array, types.intp), _load_four([lane // 4 for lane in range(WIDTH)])


@intrinsic
def load_columns(typing: Any, array: Any, index: Any) -> Any:
    """Four numbers a, b, c, d from element `index` on, as a b c d a b c d a b c d a b c d."""
    return vector(array, types.intp), _load_four([lane % 4 for lane in range(WIDTH)])


def _fold(builder: Any, one: Any, other: Any, block: int) -> Any:
    """Neighbouring blocks of lanes added, those of `one` in the lower half of the result, those of `other` in the upper."""
    even = [lane for lane in range(2 * WIDTH) if lane // block % 2 == 0]
    odd = [lane + block for lane in even]
    halves = [builder.shuffle_vector(one, other, ir.Constant(INTEGERS, pattern)) for pattern in (even, odd)]
    return builder.fadd(*halves, flags=FAST)


def _sums(first: int, second: int) -> Callable[..., Any]:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y, z = args
        zero = ir.Constant(FLOATS, [0.0] * WIDTH)
        return _fold(builder, _fold(builder, x, y, first), _fold(builder, z, zero, first), second)

    return generate


@intrinsic
def sum_rows(typing: Any, x: Any, y: Any, z: Any) -> Any:
    """Each argument read as a 4x4 matrix, its rows added: four sums of x, four of y, four of z, four zeros."""
    return vector(vector, vector, vector), _sums(8, 4)


@intrinsic
def sum_columns(typing: Any, x: Any, y: Any, z: Any) -> Any:
    """Each argument read as a 4x4 matrix, its columns added: four sums of x, four of y, four of z, four zeros."""
    return vector(vector, vector, vector), _sums(1, 1)


@intrinsic
def sum_fours(typing: Any, value: Any) -> Any:
    """The four quarters of a vector added lane by lane, the sum repeated four times."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        result = args[0]
        for step in (4, 8):
            turned = builder.shuffle_vector(result, result, ir.Constant(INTEGERS, [(lane + step) % WIDTH for lane in range(WIDTH)]))
            result = builder.fadd(result, turned, flags=FAST)
        return result

    return vector(vector), generate


@intrinsic
def upper_triangle(typing: Any) -> Any:
    """The lanes of a 4x4 matrix above its diagonal."""
    lanes = [int(lane % 4 > lane // 4) for lane in range(WIDTH)]
    return mask(), lambda context, builder, sig, args: ir.Constant(MASK, lanes)


@intrinsic
def trailing_zeros(typing: Any, value: Any) -> Any:
    """Number of the lowest set bit of a positive integer."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


def _has(feature: str) -> bool:
    """Whether code is compiled for a processor with this feature."""
    if config.CPU_FEATURES is not None:
        return f"+{feature}" in config.CPU_FEATURES.split(",")
    return config.CPU_NAME is None and bool(llvmlite.binding.get_host_cpu_features().get(feature, False))


def has_permutes() -> bool:
    """Whether numbers are looked up in registers: one instruction for 32 of them with AVX-512, seven with AVX2."""
    return _has("avx512f") or _has("avx2")
