import os
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
STABLE_ABI = not FREE_THREADED and sys.implementation.name == "cpython"

GNU_FLAGS = [
    "-std=c++17",
    "-O3",
    "-g0",
    "-ffp-contract=off",  # the same bits with and without fused multiply-add
    "-fno-wrapv",  # Python's own flags define signed overflow, which costs the pass over memory a third
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-tree-slp-vectorize",  # pairing the parameters of a step lengthens the chain between steps
    "-fvisibility=hidden",
]
MSVC_FLAGS = ["/std:c++17", "/O2", "/fp:precise"]


def compile_side_by_side(compiler):
    """Compile sources at the same time: each instruction set takes a minute."""
    compile_all = compiler.compile

    def compile_each(sources, **options):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(chain(*pool.map(lambda source: compile_all([source], **options), sources)))

    compiler.compile = compile_each


class BuildExt(build_ext):
    """Flags by compiler; what the environment's CXXFLAGS say comes after them and wins."""

    def build_extensions(self):
        flags = MSVC_FLAGS if self.compiler.compiler_type == "msvc" else GNU_FLAGS
        for extension in self.extensions:
            extension.extra_compile_args = flags + os.environ.get("CXXFLAGS", "").split()
        compile_side_by_side(self.compiler)
        super().build_extensions()


def files(folder, suffix):
    return sorted(path.as_posix() for path in Path(folder).rglob("*" + suffix))


kernels = Extension(
    "thetahat._kernels",
    sources=["src/thetahat/_kernels.pyx", *files("csrc", ".cpp")],
    include_dirs=["csrc"],
    depends=[*files("csrc", ".hpp"), *files("csrc", ".h"), *files("csrc", ".def")],
    define_macros=[("Py_LIMITED_API", "0x030B0000")] if STABLE_ABI else [],
    py_limited_api=STABLE_ABI,
    language="c++",
)

arrow = Extension(
    "thetahat._arrow",
    sources=["src/thetahat/_arrow.pyx"],
    define_macros=kernels.define_macros,
    py_limited_api=STABLE_ABI,
    language="c++",
)

setup(
    ext_modules=cythonize([kernels, arrow], build_dir="build/cython"),
    cmdclass={"build_ext": BuildExt},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
)
